import { ErrorReason } from "../../gen/chat/common/v1/errors.js";
import type {
  DoneChange,
  GetMembershipResponse,
  Membership,
  ProposeChangeRequest,
  ProposeChangeResponse,
} from "../../gen/chat/session/v1/session.js";
import { RpcError } from "../../lib/errors.js";
import type { Owner } from "../owners.js";

/** The owner of one group, as session is one: appends in order what fits the version, and remembers the changes. */
export class FakeOwner implements Owner {
  membership: Membership = {
    version: 0,
    members: [],
    former: [],
    state: Buffer.alloc(0),
    changes: [],
  };
  readonly proposals: ProposeChangeRequest[] = [];
  reads = 0;
  /** Called before a proposal is judged: another one may come first. */
  before: () => void = () => {};
  /** The next answers are lost: the change is made, nobody hears of it. */
  lost = 0;
  away = false;

  async getMembership({ knownVersion = 0 }): Promise<GetMembershipResponse> {
    if (this.away) throw busy();
    this.reads++;
    const same = this.membership.version === knownVersion && knownVersion > 0;
    return { membership: same ? undefined : this.membership };
  }

  async proposeChange(proposal: ProposeChangeRequest): Promise<ProposeChangeResponse> {
    if (this.away) throw busy();
    this.proposals.push(proposal);
    const { before } = this;
    this.before = () => {};
    before();
    const answer = this.#judge(proposal);
    if (this.lost === 0) return answer;
    this.lost--;
    throw busy();
  }

  #judge(proposal: ProposeChangeRequest): ProposeChangeResponse {
    const { membership: now } = this;
    const done = now.changes.find((change) => change.requestId === proposal.requestId);
    if (done !== undefined) {
      const same = done.fingerprint === proposal.fingerprint;
      return { outcome: same ? appended(done) : { $case: "conflict", value: {} } };
    }
    if (now.version !== proposal.expectedVersion) {
      return { outcome: { $case: "mismatch", value: now } };
    }
    const { user, requestId, fingerprint, add, remove, state } = proposal;
    const version = now.version + 1;
    const change = { user, requestId, fingerprint, version, seq: version + 100 };
    const members = [...now.members.filter((member) => !remove.includes(member)), ...add];
    const former = [...now.former.filter((member) => !add.includes(member)), ...remove];
    const changes = [...now.changes, change].slice(-32);
    this.membership = { version, members, former, state, changes };
    return { outcome: appended(change) };
  }
}

function appended({ version, seq }: DoneChange): ProposeChangeResponse["outcome"] {
  return { $case: "appended", value: { version, seq } };
}

function busy(): RpcError {
  return new RpcError(ErrorReason.BUSY, "away", 1_000);
}
