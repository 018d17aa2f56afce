/** What the gateway counts; plain numbers, read by whoever reports them. */
export class Counters {
  accepted = 0;
  refusedUpgrades = 0;
  framesIn = 0;
  bytesIn = 0;
  /** Client frames dropped because no parser link was there. */
  unrouted = 0;
  /** Client frames dropped because the parser link had no room. */
  noRoom = 0;
  rateLimited = 0;
  invalidFrames = 0;
  pushesOut = 0;
  bytesOut = 0;
  /** Pushes dropped at stalled connections. */
  pushesDropped = 0;
  stalls = 0;
  notHere = 0;
  closed = 0;
  rosterChunks = 0;
}
