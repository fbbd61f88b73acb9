// Somebody with a client of their own: the library and the encryption that Element has.
import {
  ClientEvent,
  createClient,
  EventStatus,
  Filter,
  MatrixClient,
  MemoryStore,
  PendingEventOrdering,
  RoomEvent,
  RoomStateEvent,
  SyncState,
} from "matrix-js-sdk";
import {
  AllDevicesIsolationMode,
  OnlySignedDevicesIsolationMode,
} from "matrix-js-sdk/lib/crypto-api/index.js";
import { logger } from "matrix-js-sdk/lib/logger.js";
import { Heard } from "./heard.mjs";
import { Keys } from "./keys.mjs";

logger.setLevel("error");
// As many as Synapse gives at once, so that nothing that happens meanwhile is left out.
const AT_ONCE = 1000;

export class Person {
  static operations = new Set([
    "request", "createRoom", "join", "leave", "invite", "send", "sendState", "redact", "upgrade",
    "setPower", "setDisplayname", "rooms", "waitRoom", "waitMember", "events", "wait", "wire",
    "devices", "signDevice", "setUpRecovery", "resetIdentity", "identity", "forgetSession",
    "holdKeys", "releaseKeys", "retry", "logout", "stop",
  ]); // prettier-ignore

  // `signed` is what Element asks of everybody: an identity that signs this device, and no keys
  // for, nor messages from, devices without one. Otherwise it is the insecure device of old.
  static async login({ base_url, user, password, signed, identity, device_name }) {
    const person = new Person();
    const door = createClient({ baseUrl: base_url });
    const login = await door.loginRequest({
      type: "m.login.password",
      identifier: { type: "m.id.user", user },
      password,
      initial_device_display_name: device_name,
    });
    person.password = password;
    person.keys = new Keys();
    // Without a scheduler: what cannot be sent is an error at once, and not tried again.
    person.client = new MatrixClient({
      baseUrl: base_url,
      store: new MemoryStore(),
      userId: login.user_id,
      deviceId: login.device_id,
      accessToken: login.access_token,
      fetchFn: person.keys.fetch,
      cryptoCallbacks: person.keys.callbacks,
      localTimeoutMs: 60_000,
      disableVoip: true,
    });
    person.heard = new Heard(person.client);
    await person.client.initRustCrypto({ useIndexedDB: false });
    person.crypto = person.client.getCrypto();
    person.crypto.setDeviceIsolationMode(
      signed ? new OnlySignedDevicesIsolationMode() : new AllDevicesIsolationMode(false),
    );
    if (identity) await person.keys.makeIdentity(person.crypto, person.password, login.user_id);
    await person.start();
    return person;
  }

  who() {
    return { user_id: this.client.getUserId(), device_id: this.client.getDeviceId() };
  }

  async start() {
    const filter = new Filter(this.client.getUserId());
    filter.setTimelineLimit(AT_ONCE);
    const ready = Promise.withResolvers();
    this.client.on(ClientEvent.Sync, (state) => {
      if (state === SyncState.Prepared || state === SyncState.Syncing) ready.resolve();
    });
    await this.client.startClient({
      filter,
      pendingEventOrdering: PendingEventOrdering.Detached,
      pollTimeout: 20_000,
    });
    await ready.promise;
  }

  request({ method, path, body, query }) {
    return this.client.http.authedRequest(method, path, query, body, { prefix: "" });
  }

  async createRoom({ options }) {
    const { room_id } = await this.client.createRoom(options);
    await this.#until(() => this.#joined(room_id));
    return room_id;
  }

  async join({ room, via }) {
    const { roomId } = await this.client.joinRoom(room, { viaServers: via });
    await this.#until(() => this.#joined(roomId));
    return roomId;
  }

  async leave({ room }) {
    await this.client.leave(room);
  }

  async invite({ room, user }) {
    await this.client.invite(room, user);
  }

  async send({ room, type, content }) {
    try {
      return (await this.client.sendEvent(room, type, content)).event_id;
    } finally {
      // What could not be sent would keep back all that follows.
      const pending = this.client.getRoom(room)?.getPendingEvents() ?? [];
      for (const each of pending.filter((event) => event.status === EventStatus.NOT_SENT))
        this.client.cancelPendingEvent(each);
    }
  }

  async sendState({ room, type, content, state_key }) {
    return (await this.client.sendStateEvent(room, type, content, state_key)).event_id;
  }

  async redact({ room, event, reason }) {
    return (await this.client.redactEvent(room, event, undefined, { reason })).event_id;
  }

  async upgrade({ room, version }) {
    return (await this.client.upgradeRoom(room, version)).replacement_room;
  }

  async setPower({ room, user, level }) {
    return (await this.client.setPowerLevel(room, user, level)).event_id;
  }

  async setDisplayname({ name }) {
    await this.client.setDisplayName(name);
  }

  rooms() {
    return this.client.getRooms().map((room) => this.#room(room));
  }

  // Wait for a room where this person's membership is such, perhaps by somebody's invitation.
  async waitRoom({ membership, by, not }) {
    const found = () =>
      this.client
        .getRooms()
        .find(
          (room) =>
            room.getMyMembership() === membership &&
            !not.includes(room.roomId) &&
            (!by || this.#ownMember(room)?.getSender() === by),
        );
    return this.#room(await this.#until(found));
  }

  async waitMember({ room, user, membership }) {
    await this.#until(
      () => (this.client.getRoom(room)?.getMember(user)?.membership ?? "leave") === membership,
    );
  }

  events({ room }) {
    return this.heard.all(room);
  }

  wait({ room, want, count }) {
    return this.heard.wait(room, want, count);
  }

  // What the server holds of a room, oldest first, as it came over the wire.
  async wire({ room }) {
    const found = [];
    let from;
    do {
      const query = { dir: "b", limit: "500", ...(from && { from }) };
      const path = `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/messages`;
      const page = await this.request({ method: "GET", path, query });
      found.push(...page.chunk);
      from = page.chunk.length ? page.end : undefined;
    } while (from);
    return found.reverse();
  }

  devices({ user }) {
    return this.keys.devices(this.crypto, user);
  }

  async signDevice({ device }) {
    await this.keys.ask(this.crypto, this.client.getUserId());
    await this.crypto.crossSignDevice(device);
  }

  setUpRecovery() {
    return this.keys.setUpRecovery(this.crypto);
  }

  async resetIdentity() {
    await this.keys.makeIdentity(this.crypto, this.password, this.client.getUserId(), true);
  }

  // The public half of somebody's master key, or of one's own, as this client knows it.
  async identity({ user }) {
    const body = { device_keys: { [user]: [] } };
    const path = "/_matrix/client/v3/keys/query";
    const found = await this.request({ method: "POST", path, body });
    return Object.values(found.master_keys?.[user]?.keys ?? {})[0] ?? null;
  }

  async forgetSession({ room }) {
    await this.crypto.forceDiscardSession(room);
  }

  holdKeys() {
    this.keys.hold();
  }

  releaseKeys() {
    return this.keys.release();
  }

  // Try again at once what waits for a server that was away.
  retry() {
    return this.client.retryImmediately();
  }

  async logout() {
    await this.client.logout(true);
    this.stop();
  }

  stop() {
    this.client.stopClient();
  }

  #joined(room) {
    const found = this.client.getRoom(room);
    const made = found?.currentState.getStateEvents("m.room.create", "");
    return made && found.getMyMembership() === "join";
  }

  #ownMember(room) {
    return room.currentState.getStateEvents("m.room.member", this.client.getUserId());
  }

  #room(room) {
    const state = (type) => room.currentState.getStateEvents(type, "")?.getContent() ?? null;
    return {
      room_id: room.roomId,
      membership: room.getMyMembership(),
      name: room.name,
      encrypted: state("m.room.encryption") !== null,
      direct: this.#ownMember(room)?.getContent().is_direct ?? false,
      members: room.getJoinedMembers().map((member) => member.userId),
      replaced_by: state("m.room.tombstone")?.replacement_room ?? null,
    };
  }

  // Look again whenever something changes. Whoever asked sets the limit.
  #until(look) {
    return new Promise((resolve) => {
      const changes = [
        ClientEvent.Room, ClientEvent.Sync, RoomEvent.MyMembership, RoomStateEvent.Events,
      ]; // prettier-ignore
      const again = () => {
        const found = look();
        if (!found) return;
        for (const change of changes) this.client.off(change, again);
        resolve(found);
      };
      for (const change of changes) this.client.on(change, again);
      again();
    });
  }
}
