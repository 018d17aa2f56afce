import { ErrorReason } from "../gen/chat/common/v1/errors.js";
import { RpcError } from "../lib/errors.js";
import { isDeviceId, isUserId } from "../lib/ids.js";

// Only ASCII letters are lowered: the Kelvin sign, for one, would become a "k".
const NAME = /^[A-Za-z][A-Za-z0-9_.-]{2,31}$/;
const LONE_SURROGATE = /\p{Surrogate}/u;
const PASSWORD_MIN = 8;
const PASSWORD_MAX = 128;
const DEVICE_NAME_MAX = 64;
const ABOUT_MAX = 139;
const CONTROL = /\p{Cc}/u;

/** The name in lower case; undefined when no account can have it. */
export function accountName(name: string): string | undefined {
  return NAME.test(name) ? name.toLowerCase() : undefined;
}

/** The name of an account that is to be created, in lower case. */
export function newAccountName(name: string): string {
  const lowered = accountName(name);
  if (lowered !== undefined) return lowered;
  throw invalid("name must have 3 to 32 characters of a-z, 0-9, _ . - and start with a letter");
}

/** A password that is to be set, in the form that is hashed. */
export function newPassword(password: string): string {
  if (lengthOf(password, PASSWORD_MAX) >= PASSWORD_MIN) return normalized(password);
  throw invalid(`password must have ${PASSWORD_MIN} to ${PASSWORD_MAX} characters`);
}

/** A password that is to be compared, in the form that is hashed. One too short is only wrong. */
export function givenPassword(password: string): string {
  if (lengthOf(password, PASSWORD_MAX) >= 0) return normalized(password);
  throw invalid(`password must have at most ${PASSWORD_MAX} characters`);
}

/** What a device is listed as. */
export function deviceName(name: string): string {
  if (name === "") return "unnamed";
  if (lengthOf(name, DEVICE_NAME_MAX) > 0) return name;
  throw invalid(`device_name must have at most ${DEVICE_NAME_MAX} characters`);
}

/** A text about oneself: one line. */
export function aboutText(text: string): string {
  if (CONTROL.test(text)) throw invalid("text must have no control characters");
  if (lengthOf(text, ABOUT_MAX) >= 0) return text;
  throw invalid(`text must have at most ${ABOUT_MAX} characters`);
}

/** A caller or user named in a request. */
export function userId(user: string, field: string): string {
  if (isUserId(user)) return user;
  throw invalid(`${field} must be a user id`);
}

/** A device named in a request. */
export function deviceId(device: string): string {
  if (isDeviceId(device)) return device;
  throw invalid("device must be a device id");
}

export function invalid(message: string): RpcError {
  return new RpcError(ErrorReason.INVALID, message);
}

/** Characters (code points) of a text; -1 when it has more than `max` or is not well-formed Unicode. */
function lengthOf(text: string, max: number): number {
  if (text.length > 2 * max || LONE_SURROGATE.test(text)) return -1;
  const length = [...text].length;
  return length > max ? -1 : length;
}

/** One keyboard composes an accent, another does not: both must give the same hash (RFC 8265, OpaqueString). */
function normalized(password: string): string {
  return password.normalize("NFC");
}
