import type { Clock } from '../base/clock.js';
import { RigFault } from '../base/errors.js';
import type { Identity } from '../journal/events.js';
import type { RigDefinition } from '../rig/schema.js';
import { answerText, fields, type Ask } from './answers.js';
import { readCfun, readNetworkState, readSim, registered, type NetworkState } from './identity.js';
import type { Ports } from './ports.js';
import type { SimCard } from './sim-card.js';
import type { Timing } from './timing.js';
import { Wake } from './wake.js';

export interface NetworkParts {
  readonly rig: Pick<RigDefinition, 'name' | 'network' | 'sim'>;
  readonly ports: Ports;
  readonly timing: Timing;
  readonly clock: Clock;
  readonly card: SimCard;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Brings SIM, APN and registration up as the rig says. What stays away is a fault of the rig (card, antenna, subscription), not of
 * the firmware: rejects with a RigFault.
 */
export async function bringUp(parts: NetworkParts): Promise<void> {
  const { rig, ports, timing } = parts;
  const ask: Ask = (text) => ports.command(text, timing.command);
  await setFullFunction(parts, ask);
  if (rig.network.registration || rig.sim !== undefined) {
    const sim = await awaitState(
      parts,
      timing.limits.boot,
      readSimState,
      (state) => state.sim === 'READY' || isPinAsked(state.sim),
    );
    await parts.card.unlock(ask, sim.sim, (text) => ports.command(text, timing.slowCommand));
  }
  await setApn(parts, ask);
  if (!rig.network.registration) return;
  const state = await awaitState(parts, timing.limits.boot, readNetworkState, registered);
  if (registered(state)) return;
  throw new RigFault(`rig ${rig.name}: the unit does not register on the network`, {
    asked: `+CREG or +CEREG 1 (home) or 5 (roaming) within ${String(Math.round(timing.limits.boot))} ms`,
    seen: `CPIN ${state.sim ?? '?'}, CREG ${state.registration ?? '?'}, CEREG ${state.epsRegistration ?? '?'}`,
    hint: registrationHint(state),
  });
}

/**
 * After an upgrade: waits until SIM and registration are as before, at most `limits.boot`, entering the PIN again when it is asked.
 * How it ended is read with the identity; a verdict says what it means.
 */
export async function awaitAsBefore(parts: NetworkParts, before: Identity): Promise<void> {
  const { ports, timing } = parts;
  const ask: Ask = (text) => ports.command(text, timing.command);
  await awaitState(
    parts,
    timing.limits.boot,
    async (asking) => {
      const state = await readNetworkState(asking);
      if (isPinAsked(state.sim) && before.sim === 'READY' && parts.card.usable) {
        await parts.card.unlock(ask, state.sim, (text) => ports.command(text, timing.slowCommand));
      }
      return state;
    },
    (state) =>
      state.sim === before.sim && state.registration === before.registration && state.epsRegistration === before.epsRegistration,
  );
}

/** Reads until it is as wanted or `within` ms are over; the last reading either way. Boot reports bring the next reading on. */
async function awaitState(
  parts: NetworkParts,
  within: number,
  read: (ask: Ask) => Promise<NetworkState>,
  wanted: (state: NetworkState) => boolean,
): Promise<NetworkState> {
  const { ports, timing, clock, signal } = parts;
  const wake = new Wake(clock);
  const stopListening = ports.onSighting((sighting) => {
    if (sighting.kind !== 'urc' || sighting.report?.kind === 'boot' || /^\+CE?REG:/.test(sighting.text)) wake.poke();
  });
  const deadline = clock.now() + within;
  let pause = timing.look / 4;
  try {
    for (;;) {
      const state = await read((text) => ports.command(text, timing.command));
      if (wanted(state) || clock.now() >= deadline || signal?.aborted === true) return state;
      await wake.wait(Math.min(deadline, clock.now() + pause));
      pause = Math.min(pause * 2, timing.longestPause);
    }
  } finally {
    stopListening();
  }
}

async function readSimState(ask: Ask): Promise<NetworkState> {
  const sim = await readSim(ask);
  return sim === undefined ? {} : { sim };
}

function isPinAsked(sim: string | undefined): boolean {
  return sim === 'SIM PIN' || sim === 'SIM PUK';
}

async function setFullFunction({ rig, ports, timing }: NetworkParts, ask: Ask): Promise<void> {
  const cfun = await readCfun(ask);
  if (cfun === undefined || cfun === '1') return;
  const answer = await ports.command('AT+CFUN=1', timing.slowCommand);
  if (answer.ok) return;
  throw new RigFault(`rig ${rig.name}: the unit does not take up full function`, {
    asked: 'AT+CFUN=1',
    seen: `${answerText(answer)} (CFUN was ${cfun})`,
    hint: 'CFUN 5 or 7 after a damaged upgrade needs a full flash',
  });
}

async function setApn({ rig, timing, ports }: NetworkParts, ask: Ask): Promise<void> {
  const { apn } = rig.network;
  if (fields(await ask('AT+QICSGP=1'), '+QICSGP')?.[1] === apn) return;
  const answer = await ports.command(`AT+QICSGP=1,1,"${apn}","","",1`, timing.command);
  // A rig without a network may have a unit that does not take an APN.
  if (answer.ok || !rig.network.registration) return;
  throw new RigFault(`rig ${rig.name}: the APN could not be set`, {
    asked: `AT+QICSGP=1,1,"${apn}","","",1`,
    seen: answerText(answer),
    hint: 'check network.apn of the rig definition',
  });
}

function registrationHint(state: NetworkState): string {
  if (state.sim !== 'READY') return 'the SIM is not ready: is a card in, is its PIN given (sim.pinEnv)?';
  if (state.registration === '3' || state.epsRegistration === '3') {
    return 'the network refuses this SIM: is its subscription active, is roaming allowed?';
  }
  return 'check antenna, coverage and band; on a rig without a network say network.registration: false';
}
