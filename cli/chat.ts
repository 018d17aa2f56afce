import type { ChatClient, MessageEvent, PlaceholderEvent, StoredMessage } from "../client/node.js";
import { describeFailure } from "./exit.js";
import { describeChange } from "./groups.js";
import { rejection } from "./messages.js";
import { type TickPosition, UNKNOWN, UNSHOWN } from "./output.js";
import { nameOf, type Partner } from "./people.js";
import { Status } from "./presence.js";

/** What a view shows of one message. */
export interface ChatLine {
  /** The client_message_id for own messages: they are shown before they have a seq. */
  key: string;
  /** 0 while it waits. */
  seq: number;
  atUnixMs: number;
  who: string;
  own: boolean;
  text: string;
}

/** How a chat looks: lines for pipes, a screen for terminals. */
export interface ChatView {
  message(line: ChatLine): void;
  /** An own message got its seq. */
  sent(key: string, seq: number): void;
  ticks(position: TickPosition): void;
  /** One line about what goes on. */
  notice(text: string): void;
  /** What the other side is doing now; empty: nothing is known. */
  status(text: string): void;
}

const RECENT = 20;
const UNREAD_MAX = 500;

/** The chat behind both views: what comes in is shown and marked read, what is typed is sent. */
export class ChatRoom {
  /** Sends on their way to the outbox, and outcomes not known yet. */
  private readonly open = new Set<Promise<unknown>>();
  private readonly offs: (() => void)[];
  private readonly status: Status;
  private offline = false;
  failed = false;

  constructor(
    private readonly client: ChatClient,
    private readonly partner: Partner,
    private readonly view: ChatView,
  ) {
    const { conversation } = partner;
    this.status = new Status(client, partner, (text) => view.status(text));
    this.offs = [
      client.on("message", (message) => this.incoming(message)),
      client.on("group", ({ conversation: of, sender, change, seq }) => {
        if (of !== conversation) return;
        view.notice(describeChange(client, sender, change));
        this.markRead(seq, true);
      }),
      client.on("placeholder", (message) => this.incoming(message)),
      client.on("replaced", (message) => {
        if (message.conversation !== conversation) return;
        view.notice(`Message #${message.seq} has come after all:`);
        view.message(this.lineOf(message));
      }),
      client.on("sent", (event) => {
        if (event.conversation === conversation) view.sent(event.clientMessageId, event.seq);
      }),
      client.on("rejected", (event) => {
        if (event.conversation !== conversation) return;
        this.failed = true;
        view.notice(`${rejection(event.reason, partner.name)} ("${event.text}")`);
      }),
      client.on("tick", (event) => {
        if (event.conversation !== conversation) return;
        view.ticks({ ...event, peerRead: event.read });
      }),
      client.on("connection", (event) => {
        if (event.state === "waiting" && !this.offline) {
          this.offline = true;
          view.notice(`Offline: ${event.why}. Messages wait and go out when it is back.`);
        } else if (event.state === "online" && this.offline) {
          this.offline = false;
          view.notice("Online again.");
        }
      }),
    ];
  }

  /**
   * Shows the last messages of this device, all unread ones among them, and those still waiting to
   * be sent. Comes before connecting, so that nothing is shown twice.
   */
  async begin(): Promise<void> {
    const { conversation } = this.partner;
    const position = this.client.position(conversation);
    const { last = 0, ownRead = 0 } = position ?? {};
    if (position !== undefined) this.view.ticks(position);
    const limit = Math.min(Math.max(last - ownRead, RECENT), UNREAD_MAX);
    const stored = await this.client.stored(conversation, 0, limit);
    for (const message of stored) this.show(message);
    for (const item of this.client.outbox(conversation)) {
      this.showWaiting(item.clientMessageId, item.text, item.queuedAtUnixMs);
      this.follow(this.client.outcome(item.clientMessageId));
    }
    this.markRead(stored.at(-1)?.seq ?? 0, false);
  }

  send(text: string): void {
    this.follow(
      this.client.send(this.partner.conversation, text).then(
        (message) => {
          this.showWaiting(message.clientMessageId, message.text, Date.now());
          this.follow(message.sent);
        },
        (error) => {
          this.failed = true;
          this.view.notice(describeFailure(error).message);
        },
      ),
    );
  }

  /** Resolves when every message has its outcome. */
  async settled(): Promise<void> {
    while (this.open.size > 0) await Promise.all(this.open);
  }

  end(): void {
    for (const off of this.offs) off();
    this.status.end();
  }

  private incoming(message: MessageEvent | PlaceholderEvent): void {
    if (message.conversation !== this.partner.conversation) {
      const who = nameOf(this.client, message.sender);
      if (!message.own) this.view.notice(`New message from ${who} in another chat.`);
      return;
    }
    this.view.message(this.lineOf(message));
    this.markRead(message.seq, true);
  }

  private show(message: StoredMessage): void {
    const { change, sender } = message;
    if (change === undefined) this.view.message(this.lineOf(message));
    else this.view.notice(describeChange(this.client, sender, change));
  }

  private lineOf(message: StoredMessage): ChatLine {
    const own = message.sender === this.client.account.user;
    return {
      key: message.clientMessageId,
      seq: message.seq,
      atUnixMs: message.atUnixMs,
      who: own ? "you" : nameOf(this.client, message.sender),
      own,
      text: message.text ?? (message.placeholder ? UNSHOWN : UNKNOWN),
    };
  }

  private showWaiting(key: string, text: string, atUnixMs: number): void {
    this.view.message({ key, seq: 0, atUnixMs, who: "you", own: true, text });
  }

  /** What comes in while the chat is open is read, but nobody did anything for it. */
  private markRead(seq: number, automatic: boolean): void {
    if (seq === 0) return;
    this.client.markRead(this.partner.conversation, seq, automatic).catch(() => {});
  }

  private follow(promise: Promise<unknown>): void {
    this.open.add(promise);
    promise.finally(() => this.open.delete(promise));
  }
}
