import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

const LOG = new URL("./log.js", import.meta.url).href;

/** Logs a line at once, and two more when it is told to; then it ends as `end` says. */
function logging(end: string): ChildProcess {
  const source = `
    import { createLogger } from ${JSON.stringify(LOG)};
    const log = createLogger("test", "info");
    log.info("begins");
    process.once("message", () => {
      log.info("one");
      log.fatal("two");
      ${end}
    });
  `;
  const args = ["--input-type=module", "--eval", source];
  return spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit", "ipc"] });
}

describe("the log of a process", () => {
  for (const end of ["process.exit(1);", "process.disconnect();"]) {
    it(`does not keep it from ending when nobody reads it any more (${end})`, async () => {
      const child = logging(end);
      await once(child.stdout as NodeJS.ReadableStream, "data");
      child.stdout?.destroy();
      await once(child.stdout as NodeJS.ReadableStream, "close");
      child.send("end");
      const [code] = await once(child, "exit");
      assert.equal(code, end.includes("exit") ? 1 : 0);
    });

    it(`is whole when it ends (${end})`, async () => {
      const child = logging(end);
      let said = "";
      child.stdout?.on("data", (text) => {
        if (said === "") child.send("end");
        said += text;
      });
      await once(child, "close");
      const messages = said
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).msg);
      assert.deepEqual(messages, ["begins", "one", "two"]);
    });
  }
});
