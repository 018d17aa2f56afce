/** How long a test waits for something that should happen, on a slow machine, before it gives up. */
const GIVE_UP_MS = 30_000;
const ASK_AGAIN_MS = 15;

/** Waits until the condition holds; for what cannot be awaited as an event. `what` completes "waited in vain for …". */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  giveUpMs = GIVE_UP_MS,
): Promise<void> {
  const end = performance.now() + giveUpMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
  }
}

/** Waits for a promise, but not for ever. */
export async function within<T>(
  what: string,
  promise: Promise<T>,
  giveUpMs = GIVE_UP_MS,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited in vain for ${what}`)), giveUpMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
