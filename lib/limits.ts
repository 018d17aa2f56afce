/** Every limit of the system, in one place. Units last. Relations are asserted in limits.test.ts. */
export const limits = {
  /** One client frame on the WebSocket. */
  frameBytesMax: 64 * 1024,
  /** Encoded Content of one message; leaves room for the rest of its frame. */
  contentBytesMax: 60 * 1024,
  textBytesMax: 32 * 1024,
  /** Unanswered sends of one device in one conversation; also the depth of exact dedup. */
  sendsInFlightMax: 16,
  /**
   * Entries of a conversation, and their bytes, before the last sends of its devices are stored again. Lowering them is a
   * new format of the store.
   */
  sendsUnsavedMax: 15,
  sendsUnsavedBytesMax: 16 * 1024,
  /** Shards of an installation; fixed when it is created. */
  shards: 256,

  /** One commit of a shard. */
  commitEntriesMax: 256,
  commitBytesMax: 256 * 1024,
  /** Sends waiting in one shard before Busy. */
  shardPendingMax: 4096,
  shardPendingBytesMax: 8 * 1024 * 1024,
  /** Commands waiting for one conversation to load before Busy. */
  loadWaitersMax: 256,

  /** Conversations being loaded at a time. */
  loadsMax: 4096,
  /** Conversations of one session instance kept in memory before idle ones are evicted. */
  conversationsMax: 50_000,
  /** Members of all of them together, who take about 400 bytes each. */
  conversationMembersMax: 500_000,

  /** Un-acknowledged entries per (device, conversation). */
  windowEntries: 64,
  /** Without progress for this long, the newest entry in flight is pushed again; doubles up to the maximum. */
  probeFirstMs: 5_000,
  probeMaxMs: 60_000,
  /** An entry that a device refuses comes again after this long, and is parked at the last of so many refusals. */
  nackRetryMs: 1_000,
  nacksMax: 3,
  /** Parked entries per user and conversation, and per conversation. */
  parkedPerUserMax: 64,
  parkedMax: 4096,
  /** A replay of a parked entry is given up after this, and so many are under way at a time. */
  replayMs: 10_000,
  replaysMax: 64,
  deadLettersPageMax: 500,
  deadLettersPageDefault: 100,
  /** Un-acknowledged bytes of one connection while it resumes. */
  resumeBytes: 64 * 1024,
  /** Conversations of one device that are drained at a time. */
  resumeConversations: 16,
  /** A Resume is answered after this long even if something is still pending. */
  caughtUpMs: 5_000,
  /** Devices of one session instance that are compared with the store at a time. */
  attachesMax: 64,
  /** Questions of one session instance that wait for the store or for receipts. */
  questionsMax: 1024,
  questionMs: 5_000,
  /** Quiet for this long, a conversation closes; those of so many members at a time. */
  attentionMs: 60_000,
  closedAtOnce: 512,
  /** Device cursors are stored at least this often; unconfirmed user cursors are announced again. */
  cursorFlushMs: 30_000,
  announceMs: 15_000,
  advanceMs: 5,
  /** A gateway of which no roster was heard for this long is gone. */
  gatewayGoneMs: 45_000,
  /** Recent entries of a conversation kept in memory. */
  tailEntries: 64,
  tailBytes: 128 * 1024,

  /** Members of a group: what an installation may set, and what it has when nothing is set. */
  groupMembersMax: 1024,
  groupMembersDefault: 256,
  /** Intervals of one member that are served; beyond them the oldest is not any more. */
  memberIntervalsMax: 8,
  /** The same in a 1:1, where blocks end them: all that lies in front of the oldest one is as if it had been blocked. */
  directIntervalsMax: 64,
  /** For so long the removal of a member waits until his group's ticks are known; well below the deadline of whoever asks for it. */
  ticksKnownMs: 1_500,
  /** Users who are no members of a group any more and still see what they could see; beyond them who left first does not. */
  formerMembersMax: 1024,
  /** Changes of a group that are remembered, so that a repeated one is recognised. */
  groupChangesKept: 32,
  /** Changes of one group that wait for their turn in the group service, and how long one does, before RATE_LIMITED. */
  groupChangesWaitingMax: 64,
  groupChangeWaitMs: 3_000,
  /** Recipients of one conversation's entry that are served at once; larger ones take turns, so many recipients per event-loop iteration. */
  fanOutAtOnce: 32,
  fanOutPerTurn: 2048,
  /** Entries of one conversation that are on their way to the store or wait for their turn, before Busy. */
  conversationPendingMax: 512,
  /** What the group service keeps of a group in the conversation's row. */
  groupStateBytesMax: 64 * 1024,

  /** A device has the app open for this long after it said so, and watches a user for this long after it asked to. */
  foregroundMs: 15_000,
  watchMs: 30_000,
  /** At each presence instance, which counts for itself: it bounds what one connection costs an instance. */
  watchesPerConnection: 32,
  /** Of one user and conversation it is told at most this often that he writes text, and that he does something else, and not at all in larger groups: nobody could follow. */
  typingMs: 3_000,
  typingMembersMax: 32,
  /** Watchers are told of one user at most this often, but for his going online. */
  presenceMs: 5_000,
  /** When presence stood still for longer, what waits for it is too old to count as now. */
  presenceHangMs: 5_000,
  /** Users a parser collects as active before it tells presence of them at once, and users in one frame. */
  activeUsersMax: 65_536,
  activeUsersPerFrame: 512,
  /** Whom presence could not be told of for so long is forgotten. */
  activeAgeMaxS: 3_600,
  activityPageMax: 10_000,
  activityPageDefault: 1_000,

  /** Users that one user blocks, and his contacts. */
  blocksMax: 1000,
  contactsMax: 5000,

  historyPageMax: 100,
  historyPageDefault: 50,
  conversationsPageMax: 500,
  conversationsPageDefault: 100,
  /** Encoded bytes of one answer with entries. */
  answerBytesMax: 60 * 1024,
  basesPageMax: 500,
  pullConversationsMax: 100,
  rosterChunkMax: 500,

  /** Entries per segment of a log and of a receipts history. */
  segmentEntries: 4096,

  /** One gRPC message of a link. */
  batchBytesMax: 512 * 1024,
  grpcMessageBytesMax: 1024 * 1024,
  /** Bytes queued on one link before even P0 counts as stuck and the link is broken. */
  linkQueueBytesMax: 8 * 1024 * 1024,
  /** Frames of each class, from P0 on, that may be under way to one end of a link; P0 is not counted. */
  linkWindowFrames: [0, 16384, 4096, 4096, 2048],
} as const;
