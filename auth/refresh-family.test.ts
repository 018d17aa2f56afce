import { deepEqual, equal, notEqual } from "node:assert/strict";
import fc from "fast-check";
import {
  familyHash,
  judge,
  type PresentedToken,
  parseToken,
  REPEAT_MS,
  type RefreshFamily,
  repeat,
  rotate,
  startFamily,
} from "./refresh-family.js";

const lifeMs = 1_000_000;

function parsed(token: string): PresentedToken {
  const result = parseToken(token);
  if (result === undefined) throw new Error("not a token");
  return result;
}

function step(family: RefreshFamily, token: string, nowMs: number) {
  return rotate(family, parsed(token), { nowMs, expiresMs: nowMs + lifeMs });
}

describe("the chain of refresh tokens", () => {
  const first = startFamily(lifeMs);

  it("keeps nothing from which a token can be read", () => {
    const second = step(first.family, first.token, 1000);
    for (const { family, token } of [first, second]) {
      const kept = JSON.stringify(family);
      const { secret, familyPart } = parsed(token);
      for (const bytes of [secret, familyPart]) {
        equal(kept.includes(bytes.toString("base64url")), false);
        equal(kept.includes(bytes.toString("hex")), false);
      }
    }
  });

  it("moves on with the newest token and finds the family by any of its tokens", () => {
    const second = step(first.family, first.token, 1000);
    equal(judge(first.family, parsed(first.token), 0), "newest");
    equal(judge(second.family, parsed(second.token), 1000), "newest");
    notEqual(second.token, first.token);
    equal(familyHash(parsed(second.token)), first.family.family);
    equal(second.family.expiresMs, 1000 + lifeMs);
  });

  it("answers the token before for 30 s with the very same successor", () => {
    const { family, token } = step(first.family, first.token, 1000);
    const again = parsed(first.token);
    equal(judge(family, again, 1000 + REPEAT_MS), "repeat");
    equal(repeat(family, again), token);
    equal(judge(family, again, 1001 + REPEAT_MS), "reused");
  });

  it("counts the token before as reused once its successor was used, however soon", () => {
    const second = step(first.family, first.token, 1000);
    const third = step(second.family, second.token, 1001);
    equal(judge(third.family, parsed(first.token), 1002), "reused");
    equal(judge(third.family, parsed(second.token), 1002), "repeat");
  });

  it("does not open the 30 s again when the clock is set back far", () => {
    const { family } = step(first.family, first.token, 500_000);
    equal(judge(family, parsed(first.token), 499_000), "repeat");
    equal(judge(family, parsed(first.token), 1000), "reused");
  });

  it("takes a right family with a wrong secret for reuse", () => {
    const forged = { ...parsed(first.token), secret: parsed(startFamily(1).token).secret };
    equal(judge(first.family, forged, 0), "reused");
  });

  it("is dead once the newest token has expired", () => {
    equal(judge(first.family, parsed(first.token), lifeMs - 1), "newest");
    equal(judge(first.family, parsed(first.token), lifeMs), "expired");
  });

  it("gives another successor when a step is computed anew", () => {
    const one = step(first.family, first.token, 1000);
    const other = step(first.family, first.token, 1000);
    notEqual(one.token, other.token);
  });

  it("reads tokens of its own form and nothing else", () => {
    const { familyPart, secret } = parsed(first.token);
    deepEqual([familyPart.length, secret.length], [16, 32]);
    const wrong = ["", first.token.slice(1), `${first.token}A`, `+${first.token.slice(1)}`];
    for (const token of wrong) equal(parseToken(token), undefined);
    fc.assert(fc.property(fc.string(), (text) => parseToken(text) === undefined));
  });

  it("never gives two live tokens, whatever is presented in whatever order", () => {
    const actions = fc.array(fc.tuple(fc.nat(5), fc.nat(40_000)), { maxLength: 30 });
    fc.assert(
      fc.property(actions, (steps) => {
        let { family, token } = startFamily(Number.MAX_SAFE_INTEGER);
        const used: string[] = [];
        let nowMs = 1;
        for (const [back, waitMs] of steps) {
          nowMs += waitMs;
          const presented = back === 0 ? token : (used.at(-back) ?? token);
          const verdict = judge(family, parsed(presented), nowMs);
          if (presented === token) {
            equal(verdict, "newest");
            used.push(token);
            ({ family, token } = step(family, presented, nowMs));
          } else if (verdict === "repeat") {
            equal(presented, used.at(-1));
            equal(repeat(family, parsed(presented)), token);
          } else {
            equal(verdict, "reused");
          }
        }
      }),
    );
  });
});
