import { CliError, exitCodes } from "./exit.js";

/** Fails with `why` when the promise has not settled in time. */
export async function within<T>(
  seconds: number,
  promise: Promise<T>,
  why: () => string,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new CliError(exitCodes.unreachable, why()));
    }, seconds * 1000);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
