import { CliError, exitCodes } from "./exit.js";

/** The password from CHATMESH_PASSWORD, or typed without echo; twice for a new account. */
export async function readPassword(isNew: boolean): Promise<string> {
  const given = process.env.CHATMESH_PASSWORD;
  if (given !== undefined && given !== "") return given;
  if (!process.stdin.isTTY) {
    const how = "set CHATMESH_PASSWORD, or run this in a terminal";
    throw new CliError(exitCodes.usage, `There is no password: ${how}.`);
  }
  const password = await prompt(isNew ? "New password (8 or more characters): " : "Password: ");
  if (isNew && (await prompt("The same again: ")) !== password) {
    throw new CliError(exitCodes.usage, "The two passwords differ: try again.");
  }
  return password;
}

/** Reads one line from the terminal in raw mode: nothing typed is shown. */
function prompt(question: string): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(question);
  stdin.setRawMode(true);
  stdin.setEncoding("utf8");
  stdin.resume();
  return new Promise((resolve, reject) => {
    let line: string[] = [];
    const end = (error?: Error) => {
      stdin.off("data", take);
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write("\n");
      if (error === undefined) resolve(line.join(""));
      else reject(error);
    };
    const take = (chunk: string) => {
      for (const key of chunk) {
        if (key === "\r" || key === "\n") return end();
        if (key === "\u0003") return end(new CliError(exitCodes.interrupted, "Interrupted."));
        if (key === "\u0004") return end();
        if (key === "\u007f" || key === "\b") line.pop();
        else if (key === "\u0015") line = [];
        else line.push(key);
      }
    };
    stdin.on("data", take);
  });
}
