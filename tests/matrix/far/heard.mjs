// What a client has heard in its rooms, in order of arrival, and waiting for more of it.
import { MatrixEventEvent, RoomEvent } from "matrix-js-sdk";
import { EventShieldReason } from "matrix-js-sdk/lib/crypto-api/index.js";

const COLOURS = { 0: "none", 1: "grey", 2: "red" };

export class Heard {
  #rooms = new Map();
  #waiting = new Set();

  constructor(client) {
    this.client = client;
    client.on(RoomEvent.Timeline, (event, room, toStart) => {
      if (!room || toStart) return;
      const known = this.#of(room.roomId);
      if (!known.includes(event)) known.push(event);
      this.#look();
    });
    const look = () => this.#look();
    client.on(MatrixEventEvent.Decrypted, look);
    client.on(RoomEvent.Redaction, look);
  }

  async all(room) {
    return Promise.all(this.#of(room).map((event) => this.#describe(event)));
  }

  // Give the first `count` events that are as wanted, when there are so many.
  async wait(room, want, count) {
    const found = await new Promise((resolve) => {
      const look = () => {
        const fitting = this.#fitting(room, want);
        if (fitting.length < count) return;
        this.#waiting.delete(look);
        resolve(fitting.slice(0, count));
      };
      this.#waiting.add(look);
      look();
    });
    return Promise.all(found.map((event) => this.#describe(event)));
  }

  #of(room) {
    if (!this.#rooms.has(room)) this.#rooms.set(room, []);
    return this.#rooms.get(room);
  }

  #look() {
    for (const each of [...this.#waiting]) each();
  }

  #fitting(room, want) {
    const events = this.#of(room);
    const first = want.after ? events.findIndex((event) => event.getId() === want.after) + 1 : 0;
    if (want.after && first === 0) return [];
    return events.slice(first).filter((event) => fits(event, want));
  }

  async #describe(event) {
    const info = event.isEncrypted()
      ? await this.client.getCrypto().getEncryptionInfoForEvent(event)
      : null;
    return {
      event_id: event.getId(),
      sender: event.getSender(),
      type: event.getType(),
      content: event.getOriginalContent(),
      state_key: event.getStateKey() ?? null,
      wire_type: event.getWireType(),
      relates_to: relation(event),
      redacted: event.isRedacted(),
      failure: event.isDecryptionFailure() ? event.decryptionFailureReason : null,
      shield: info && COLOURS[info.shieldColour],
      shield_reason: info?.shieldReason == null ? null : EventShieldReason[info.shieldReason],
      time: event.getTs(),
    };
  }
}

// A relation stays outside of what is encrypted; redacted events have none.
function relation(event) {
  return event.getWireContent()["m.relates_to"] ?? event.getOriginalContent()["m.relates_to"] ?? {};
}

function fits(event, want) {
  const failed = event.isDecryptionFailure();
  const pending = !failed && event.getType() === "m.room.encrypted" && !event.isRedacted();
  if (pending || failed !== (want.failed ?? false)) return false;
  const content = event.getOriginalContent();
  const related = relation(event);
  const is = {
    sender: event.getSender(),
    type: event.getType(),
    msgtype: content.msgtype,
    rel_type: related.rel_type,
    relates_to: related.event_id,
    reply_to: related["m.in_reply_to"]?.event_id,
    key: related.key,
    redacted: event.isRedacted(),
    event_id: event.getId(),
  };
  const differs = (field) => want[field] != null && want[field] !== is[field];
  if (Object.keys(is).some(differs)) return false;
  return want.body == null || new RegExp(want.body, "su").test(content.body ?? "");
}
