/** Every limit of the system, in one place. Units last. Relations are asserted in limits.test.ts. */
export const limits = {
  /** One client frame on the WebSocket. */
  frameBytesMax: 64 * 1024,
  /** Encoded Content of one message; leaves room for the rest of its frame. */
  contentBytesMax: 60 * 1024,
  textBytesMax: 32 * 1024,
  /** Unanswered sends of one device in one conversation; also the depth of exact dedup. */
  sendsInFlightMax: 16,
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

  /** Un-acknowledged entries per (device, conversation). */
  windowEntries: 64,
  /** Un-acknowledged bytes of one connection while it resumes. */
  resumeBytes: 64 * 1024,
  /** Conversations of one device that are drained at a time. */
  resumeConversations: 16,

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
} as const;
