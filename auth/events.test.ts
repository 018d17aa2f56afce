import { equal } from "node:assert/strict";
import { pino } from "pino";
import { ErrorReason } from "../gen/chat/common/v1/errors.js";
import { StoreError } from "../lib/store/kv.js";
import {
  logInAs,
  patient,
  refreshWith,
  refused,
  registerAs,
  startTestService,
} from "./testing/service.js";

describe("the log of auth", () => {
  it("names what happened by ids, and holds no name, address, password or token", async () => {
    let lines = "";
    const write = (line: string) => {
      lines += line;
    };
    const log = pino({ level: "trace" }, { write });
    const service = await startTestService({ log });
    const address = "192.0.2.77";
    const first = await registerAs(service, "annabella");
    const second = await refreshWith(service, first.refreshToken);
    const third = await refreshWith(service, second.refreshToken);
    await refused(refreshWith(service, first.refreshToken), ErrorReason.TOKEN_REUSED);
    await logInAs(service, "annabella");
    const wrong = { name: "annabella", password: "wrong horse", deviceName: "x-device", address };
    await refused(service.handlers.login(wrong, patient), ErrorReason.UNAUTHENTICATED);
    service.kv.get = () => Promise.reject(new StoreError("io", "broken"));
    await refused(service.handlers.login(wrong, patient), ErrorReason.BUSY);

    for (const told of [
      first.user,
      first.device,
      "registered",
      "logged in",
      "a refresh token was used again",
      '"cause":"reused"',
      '"reason":"UNAUTHENTICATED"',
      '"rpc":"Login"',
    ]) {
      equal(lines.includes(told), true, told);
    }
    const secrets = ["annabella", "correct horse", "wrong horse", address, "x-device", "plain:"];
    for (const { accessToken, refreshToken } of [first, second, third]) {
      secrets.push(accessToken, refreshToken, accessToken.split(".")[2] ?? "");
    }
    for (const secret of secrets) equal(lines.includes(secret), false, secret);
    await service.stop();
  });
});
