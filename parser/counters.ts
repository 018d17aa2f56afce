/** What happened, counted: nothing is logged per frame. */
export class Counters {
  /** Client frames passed to a session instance. */
  forwarded = 0;
  /** Pongs. */
  ponged = 0;
  /** Connections closed for a frame that could not be decoded. */
  undecodable = 0;
  /** Sends answered with Rejected. */
  rejected = 0;
  /** Questions answered with Failed because of a fault. */
  failed = 0;
  /** Other client frames dropped for a fault; also the conversations left out of a PullReceipts. */
  dropped = 0;
  /** Sends and questions answered with Busy: no session link, or no room on it. */
  busy = 0;
  /** Other client frames dropped because there was no session link, or no room on it. */
  lost = 0;
  /** Pushes dropped because the gateway's link had no room. */
  shed = 0;
  /** Pushes and closes for gateways that have no link to this parser. */
  strays = 0;
  /** Frames of a gateway with an origin that is not one. */
  forged = 0;
  /** Users reported to presence as active, and those forgotten before: no link, or no room on it, for too long or for too many. */
  active = 0;
  inactive = 0;
  /** Errors that are bugs of this service. */
  bugs = 0;
}
