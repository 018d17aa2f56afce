import { linkSuite, type Transport } from "./network.suite.js";

let locals = 0;
export const local: Transport = {
  name: "a local address",
  oneNetwork: true,
  newAddress: async () => `local:t${++locals}`,
};

linkSuite(local);
