// The keys of a client: its identity, its recovery key, and the room keys that it hands out.
import { UserId } from "@matrix-org/matrix-sdk-crypto-wasm";

export class Keys {
  #recovery = null;
  #held = null;

  // The key that opens secret storage, which a client has to ask its user for.
  callbacks = {
    getSecretStorageKey: async ({ keys }) =>
      this.#recovery && [Object.keys(keys)[0], this.#recovery.privateKey],
    cacheSecretStorageKey: () => {},
  };

  // Room keys go out as to-device messages. Held, they are taken to be sent and are not.
  fetch = async (url, options) => {
    if (this.#held && String(url).includes("/sendToDevice/m.room.encrypted/")) {
      this.#held.push([url, { ...options, signal: undefined }]);
      return new Response("{}", { headers: { "content-type": "application/json" } });
    }
    return globalThis.fetch(url, options);
  };

  hold() {
    this.#held ??= [];
  }

  async release() {
    const held = this.#held ?? [];
    this.#held = null;
    for (const [url, options] of held) await globalThis.fetch(url, options);
    return held.length;
  }

  // Make an identity that signs this device; one that is there is kept unless it is to be new.
  async makeIdentity(crypto, password, user, anew = false) {
    await crypto.bootstrapCrossSigning({
      setupNewCrossSigning: anew,
      authUploadDeviceSigningKeys: async (upload) => {
        try {
          await upload(null);
        } catch (error) {
          if (error.httpStatus !== 401) throw error;
          const identifier = { type: "m.id.user", user };
          const { session } = error.data;
          await upload({ type: "m.login.password", identifier, password, session });
        }
      },
    });
  }

  // Keep the identity's secrets on the server, locked by the recovery key that this gives.
  async setUpRecovery(crypto) {
    this.#recovery = await crypto.createRecoveryKeyFromPassphrase();
    await crypto.bootstrapSecretStorage({
      setupNewSecretStorage: true,
      createSecretStorageKey: async () => this.#recovery,
    });
    return this.#recovery.encodedPrivateKey;
  }

  // Ask the server for somebody's keys now, known or not; the library has no door for that.
  async ask(crypto, user) {
    const request = crypto.olmMachine.queryKeysForUsers([new UserId(user)]);
    await crypto.outgoingRequestProcessor.makeOutgoingRequest(request);
  }

  // Somebody's devices as this client knows them after it has asked the server.
  async devices(crypto, user) {
    await this.ask(crypto, user);
    const known = (await crypto.getUserDeviceInfo([user], true)).get(user) ?? new Map();
    return Promise.all(
      [...known.keys()].map(async (device_id) => {
        const status = await crypto.getDeviceVerificationStatus(user, device_id);
        return { device_id, signed: status?.signedByOwner ?? false };
      }),
    );
  }
}
