/** Accounts, devices and tokens of the fake server: opaque tokens, passwords in the clear. */
export interface FakeDevice {
  user: string;
  device: string;
  deviceName: string;
  accessToken: string;
  refreshToken: string;
  /** The token before the last refresh: using it again revokes the device. */
  usedToken: string;
}

export interface Answer {
  status: number;
  body: object;
}

export class FakeAuth {
  readonly users = new Map<string, { user: string; name: string; password: string }>();
  readonly devices = new Map<string, FakeDevice>();
  /** Life of an access token. */
  lifeMs = 600_000;
  private made = 0;

  constructor(
    private readonly onDevice: (device: FakeDevice) => void,
    private readonly onRevoke: (device: string) => void,
  ) {}

  byAccessToken(token: string): FakeDevice | undefined {
    return [...this.devices.values()].find((device) => device.accessToken === token);
  }

  call(path: string, body: Record<string, string>, token: string): Answer {
    switch (path) {
      case "register":
        return this.register(body);
      case "login":
        return this.login(body);
      case "refresh":
        return this.refresh(body.refreshToken ?? "");
    }
    const caller = this.byAccessToken(token);
    if (caller === undefined) return refused(401, "UNAUTHENTICATED", "The token is not valid.");
    if (path === "lookup") {
      const found = this.users.get((body.name ?? "").toLowerCase());
      if (found === undefined) return refused(404, "NOT_FOUND", "There is no such user.");
      return { status: 200, body: { user: found.user, name: found.name } };
    }
    if (path === "devices") {
      const devices = [...this.devices.values()]
        .filter((one) => one.user === caller.user)
        .map(({ device, deviceName }) => ({ device, deviceName, createdUnixMs: "1700000000000" }));
      return { status: 200, body: { devices } };
    }
    if (path === "revoke") return this.revoke(caller, body.device ?? "");
    return refused(404, "NOT_FOUND", "There is no such path.");
  }

  /** Makes every access token of now invalid, as time would. */
  expireAll(): void {
    for (const device of this.devices.values()) device.accessToken = `expired-${++this.made}`;
  }

  private register({ name = "", password = "", deviceName = "" }: Record<string, string>): Answer {
    if (this.users.has(name)) return refused(409, "ALREADY_EXISTS", `The name "${name}" is taken.`);
    if (password.length < 8) return refused(400, "INVALID", "A password has 8 to 128 characters.");
    const user = `us_${pad(++this.made)}`;
    this.users.set(name, { user, name, password });
    return this.addDevice(user, deviceName);
  }

  private login({ name = "", password = "", deviceName = "" }: Record<string, string>): Answer {
    const found = this.users.get(name);
    if (found?.password !== password) {
      return refused(401, "UNAUTHENTICATED", "The name or the password is wrong.");
    }
    return this.addDevice(found.user, deviceName);
  }

  private addDevice(user: string, deviceName: string): Answer {
    const device = `dv_${pad(++this.made)}`;
    const added = { user, device, deviceName, accessToken: "", refreshToken: "", usedToken: "" };
    this.devices.set(device, added);
    this.onDevice(added);
    return this.newTokens(added);
  }

  private newTokens(device: FakeDevice): Answer {
    device.usedToken = device.refreshToken;
    device.accessToken = `access-${++this.made}`;
    device.refreshToken = `refresh-${++this.made}`;
    const { accessToken, refreshToken, user } = device;
    const accessExpiresUnixMs = String(Date.now() + this.lifeMs);
    const refreshExpiresUnixMs = String(Date.now() + 86_400_000);
    const ids = { user, device: device.device };
    const tokens = { ...ids, accessToken, accessExpiresUnixMs, refreshToken, refreshExpiresUnixMs };
    return { status: 200, body: { tokens } };
  }

  private refresh(token: string): Answer {
    for (const device of this.devices.values()) {
      if (device.refreshToken === token) return this.newTokens(device);
      if (device.usedToken === token) {
        this.drop(device.device);
        return refused(401, "TOKEN_REUSED", "The refresh token was used before.");
      }
    }
    return refused(401, "UNAUTHENTICATED", "The refresh token is not valid.");
  }

  private revoke(caller: FakeDevice, id: string): Answer {
    if (this.devices.get(id)?.user !== caller.user) {
      return refused(404, "NOT_FOUND", "There is no such device.");
    }
    this.drop(id);
    return { status: 200, body: {} };
  }

  private drop(device: string): void {
    this.devices.delete(device);
    this.onRevoke(device);
  }
}

function refused(status: number, reason: string, message: string): Answer {
  return { status, body: { reason, message } };
}

function pad(value: number): string {
  return String(value).padStart(16, "0");
}
