/** Every interval and bound of the SDK, in one place. Units last. */
export const timings = {
  /** An unanswered Send is repeated after this, doubling up to the maximum. */
  resendMs: 5_000,
  resendMaxMs: 60_000,
  /** After an own entry moved `last`, it is acknowledged at the latest after this. */
  ackDelayMs: 2_000,
  /** Read is repeated until the server shows our read position. */
  readRepeatMs: 30_000,
  /** Resume is repeated until CaughtUp. */
  resumeRepeatMs: 5_000,
  /** A Resync without progress is repeated after this, doubling up to the maximum. */
  resyncRepeatMs: 5_000,
  resyncRepeatMaxMs: 60_000,
  /** A repeated OutOfOrder for the same number is ignored for this long: one rewind is enough. */
  rewindQuietMs: 1_000,
  /** Missing ticks are asked for at this interval; further pages follow sooner. */
  pullMs: 60_000,
  pullPageMs: 1_000,
  /** The app is open, and users are watched: said again this often; the first holds on the server, and what was heard here, for that long. */
  foregroundRepeatMs: 10_000,
  foregroundMs: 15_000,
  /** For so long the server counts a watch that is not renewed. */
  watchMs: 30_000,
  /** That the user goes on writing is said this often; that a peer does is shown for that long. */
  typingMs: 4_000,
  typingShownMs: 6_000,
  /** Application ping, and how long we wait for a sign of life after it. */
  pingMs: 25_000,
  pongMs: 10_000,
  /** A socket must be open within this. */
  openMs: 15_000,
  /** Back-off between connections: base, maximum, and the life after which it starts anew. */
  reconnectBaseMs: 500,
  reconnectMaxMs: 30_000,
  reconnectStableMs: 10_000,
  /** The access token is refreshed this long before it expires, at most once per minute. */
  refreshAheadMs: 60_000,
  /** A question to the server is given up after this. */
  questionMs: 15_000,
  /** One HTTP request; longer than the server takes at most to say that it cannot tell what became of a change. */
  httpMs: 15_000,
  /** A change of a group is repeated after this, and given up after that: a request that hangs is repeated several times. */
  changeRepeatMs: 500,
  changeMs: 45_000,
} as const;

export const bounds = {
  /** Messages waiting in one conversation's outbox. */
  outboxMax: 1_000,
  /** Numbers of unanswered sends lie within this range; also the server's depth of exact dedup. */
  sendsInFlightMax: 16,
  /** Own messages that are stored on the server beyond a gap; no more sends until it closes. */
  aheadMax: 256,
  textBytesMax: 32 * 1024,
  questionsMax: 64,
  /** People shown as writing. */
  writersMax: 256,
  pullConversationsMax: 100,
  /** Frames waiting in the socket's own buffer before we stop adding to it. */
  socketBufferBytesMax: 4 * 1024 * 1024,
  idLengthMax: 128,
} as const;
