import assert from "node:assert/strict";
import type { Tokens } from "../../gen/chat/auth/v1/auth.js";
import { CloseCode } from "../../gen/chat/client/v1/frames.js";
import { attach, call, type Device, type Failure, login, PASSWORD, register } from "../people.js";
import { RawClient } from "../protocol.js";
import { onEveryTopology } from "../topologies.js";
import { within } from "../until.js";

onEveryTopology("accounts", (scope) => {
  const callAuth = <T>(path: string, body: object, token?: string) =>
    call<T>(scope.mesh, `auth/${path}`, body, token);

  it("are registered once per name", async () => {
    const { name } = await register(scope.mesh);
    const again = await callAuth<Failure>("register", { name, password: PASSWORD });
    assert.deepEqual([again.status, again.body.reason], [409, "ALREADY_EXISTS"]);
  });

  it("give the same answer for a wrong password and an unknown name", async () => {
    const { name } = await register(scope.mesh);
    const wrong = await callAuth<Failure>("login", { name, password: `${PASSWORD}!` });
    const unknown = await callAuth<Failure>("login", { name: `${name}x`, password: PASSWORD });
    assert.equal(wrong.status, 401);
    assert.deepEqual(wrong, unknown);
  });

  it("are found by their exact name, by those who are logged in", async () => {
    const [alice, bob] = [await register(scope.mesh), await register(scope.mesh)];
    const found = await callAuth<{ user: string }>("lookup", { name: bob.name }, alice.accessToken);
    assert.equal(found.body.user, bob.user);
    assert.equal(
      (await callAuth("lookup", { name: `${bob.name}x` }, alice.accessToken)).status,
      404,
    );
    assert.equal((await callAuth("lookup", { name: bob.name })).status, 401);
  });

  it("rotate their refresh token, and revoke the device when an old one is used again", async () => {
    const device = await register(scope.mesh);
    const second = await refresh(device);
    const third = await refresh(second);
    const client = await attach(scope.mesh, { ...device, ...third });
    const reused = await callAuth<Failure>("refresh", { refreshToken: device.refreshToken });
    assert.deepEqual([reused.status, reused.body.reason], [401, "TOKEN_REUSED"]);
    const { code } = await within("the socket to end", client.closed);
    assert.equal(code, CloseCode.REVOKED);
    const dead = await callAuth<Failure>("refresh", { refreshToken: third.refreshToken });
    assert.equal(dead.status, 401);
  });

  it("end the socket of a device that is revoked, and let it not come back", async () => {
    const phone = await register(scope.mesh);
    const tablet = await login(scope.mesh, phone);
    const client = await attach(scope.mesh, tablet);
    const { status } = await callAuth("revoke", { device: tablet.device }, phone.accessToken);
    assert.equal(status, 200);
    assert.equal((await within("the socket to end", client.closed)).code, CloseCode.REVOKED);
    await assert.rejects(RawClient.connect(scope.mesh, tablet), /HTTP 401/);
    const list = await callAuth<{ devices: Device[] }>("devices", {}, phone.accessToken);
    assert.deepEqual(
      list.body.devices.map(({ device }) => device),
      [phone.device],
    );
  });

  it("keep one connection per device: the newest", async () => {
    const device = await register(scope.mesh);
    const older = await attach(scope.mesh, device, { connect: 1001 });
    const newest = await attach(scope.mesh, device, { connect: 1003 });
    assert.equal((await within("the older one", older.closed)).code, CloseCode.SUPERSEDED);
    const late = await RawClient.connect(scope.mesh, { ...device, connect: 1002 });
    assert.equal((await within("the late one", late.closed)).code, CloseCode.SUPERSEDED);
    newest.send("ping", { nonce: 7 });
    assert.equal((await newest.expect("pong")).nonce, 7);
  });

  it("are needed to connect", async () => {
    const { accessToken } = await register(scope.mesh);
    for (const token of ["", "x.y.z", `${accessToken}x`]) {
      await assert.rejects(RawClient.connect(scope.mesh, { accessToken: token }), /HTTP 401/);
    }
  });

  async function refresh({ refreshToken }: { refreshToken: string }): Promise<Tokens> {
    const answer = await callAuth<{ tokens: Tokens }>("refresh", { refreshToken });
    assert.equal(answer.status, 200);
    return answer.body.tokens;
  }
});
