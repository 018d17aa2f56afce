/** Which way bytes travel through a proxy: up, from who dialled to who listens, or down, back again. */
export type Way = "up" | "down";

/** How one way through a proxy is at the moment. */
export interface Weather {
  /** Each piece comes this much later … */
  latencyMs: number;
  /** … and up to this much more, in order all the same. */
  jitterMs: number;
  /** So many of the pieces, of 1, are lost on the way and come after the time TCP takes to notice. */
  lossRate: number;
  /** 0: as fast as it goes. */
  bytesPerSecond: number;
  /** Every piece is cut into slices of this many bytes or fewer; 0: never. */
  sliceBytes: number;
  /** What comes within this time leaves as one piece. */
  mergeMs: number;
  /** Nothing passes, nobody is told; what was sent comes when it ends. */
  hole: boolean;
  /** Everything vanishes: the far end has died without a word, or will soon. */
  lost: boolean;
  /** After so many more bytes of a connection the connection is reset; infinite: never. */
  resetAfterBytes: number;
}

export const CALM: Readonly<Weather> = {
  latencyMs: 0,
  jitterMs: 0,
  lossRate: 0,
  bytesPerSecond: 0,
  sliceBytes: 0,
  mergeMs: 0,
  hole: false,
  lost: false,
  resetAfterBytes: Number.POSITIVE_INFINITY,
};

/** Nothing has to be held back or counted. */
export function isCalm(weather: Weather): boolean {
  return (
    weather.latencyMs === 0 &&
    weather.jitterMs === 0 &&
    weather.lossRate === 0 &&
    weather.bytesPerSecond === 0 &&
    weather.sliceBytes === 0 &&
    weather.mergeMs === 0 &&
    !weather.hole &&
    !weather.lost &&
    weather.resetAfterBytes === Number.POSITIVE_INFINITY
  );
}
