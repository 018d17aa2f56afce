const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `run` when the signal fires; not if it has fired already. The function returned forgets it. However many calls share a signal, it
 * has one listener: Node takes many for a leak, and looks through all of them at each.
 */
export function onAbort(signal: AbortSignal, run: () => void): () => void {
  const all = waiting.get(signal) ?? listen(signal);
  all.add(run);
  return () => all.delete(run);
}

function listen(signal: AbortSignal): Set<() => void> {
  const all = new Set<() => void>();
  waiting.set(signal, all);
  const tellAll = () => {
    for (const run of all) run();
    all.clear();
  };
  signal.addEventListener("abort", tellAll, { once: true });
  return all;
}
