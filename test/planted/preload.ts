import { register } from "node:module";

// For `node --import`: puts the bug named in the environment into whatever this process loads.
const { PLANTED_BUG: name } = process.env;
if (name) register("./load-hook.js", import.meta.url, { data: name });
