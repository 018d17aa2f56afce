import { FakeServer } from "../../client/testing/fake-server.js";
import { Commands } from "./commands.js";

/** The command line with a fake server. */
export class CommandRig extends Commands {
  private constructor(
    readonly server: FakeServer,
    home: string,
  ) {
    super(server.url, home);
  }

  static async start(): Promise<CommandRig> {
    return new CommandRig(await FakeServer.start(), await Commands.newHome());
  }

  override async stop(): Promise<void> {
    await this.server.stop();
    await super.stop();
  }
}
