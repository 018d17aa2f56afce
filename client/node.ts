/** The SDK for Node: everything of index.ts, the `ws` socket, and a store in a directory. */
export * from "./index.js";
export { openLevelStore } from "./level-store.js";
export { wsSocketFactory } from "./ws-socket.js";
