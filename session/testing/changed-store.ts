import type { SessionStore } from "../store.js";

/** A store of which a test replaces some methods. */
export function changed(change: (store: SessionStore) => Partial<SessionStore>) {
  return (store: SessionStore): SessionStore => ({
    takeOver: (...args) => store.takeOver(...args),
    commit: (...args) => store.commit(...args),
    loadConversation: (...args) => store.loadConversation(...args),
    readEntries: (...args) => store.readEntries(...args),
    listUserConversations: (...args) => store.listUserConversations(...args),
    compareDevice: (...args) => store.compareDevice(...args),
    readCursors: (...args) => store.readCursors(...args),
    writeDevice: (...args) => store.writeDevice(...args),
    listDeadLetters: (...args) => store.listDeadLetters(...args),
    close: () => store.close(),
    ...change(store),
  });
}

/** Holds whoever waits for it until it is opened. */
export function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}
