import type {
  GetAboutRequest,
  GetAboutResponse,
  SetAboutRequest,
  SetAboutResponse,
} from "../../gen/chat/auth/v1/privacy.js";
import { aboutText, userId } from "../fields.js";
import { changePrivacy, wishOf } from "../privacy.js";
import type { PrivacyDeps } from "../privacy-service.js";
import { relationOf } from "../relation.js";

/** A user's text about himself, as the caller may see it. Nothing is answered alike whatever the reason, and after the same reads. */
export function getAbout({ store, limits }: Pick<PrivacyDeps, "store" | "limits">) {
  return async (request: GetAboutRequest): Promise<GetAboutResponse> => {
    const caller = userId(request.caller, "caller");
    const user = userId(request.user, "user");
    await limits.lookUpPerCaller.take(caller);
    const { privacy, allows } = await relationOf(store, user, caller);
    return { text: allows(privacy.settings.about) ? privacy.about : "" };
  };
}

export function setAbout(deps: Pick<PrivacyDeps, "store" | "limits" | "audiences">) {
  return async (request: SetAboutRequest): Promise<SetAboutResponse> => {
    const { user, requestId } = request;
    const about = aboutText(request.text);
    const wish = wishOf(user, requestId, `about ${about}`);
    await deps.limits.privacyPerCaller.take(user);
    await changePrivacy(deps, wish, async () => ({ privacy: { about } }));
    return {};
  };
}
