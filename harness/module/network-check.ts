import { RigFault } from '../base/errors.js';
import type { Identity } from '../journal/events.js';
import { asFault, failed, notTried, ok, type CheckRow } from './check-row.js';
import { readIdentity, registered } from './identity.js';
import { bringUp } from './network.js';
import { Ports } from './ports.js';
import { SimCard } from './sim-card.js';
import type { SwitchProofOptions } from './switch-proof.js';
import { timingOf } from './timing.js';

/** Brings SIM, APN and registration up as the rig says, and tells of each how far it got. */
export async function checkNetwork(options: SwitchProofOptions): Promise<CheckRow[]> {
  const { rig, profile, lines, journal, clock, signal, secrets, env } = options;
  const timing = timingOf(profile);
  const ports = new Ports({ lines, journal, clock });
  const card = new SimCard({ rig: rig.name, pinEnv: rig.sim?.pinEnv, env: env ?? process.env, secrets });
  try {
    const fault = await bringUp({ rig, ports, timing, clock, card, signal }).then(
      () => undefined,
      (error: unknown) => asFault(error),
    );
    const { identity } = await readIdentity((text) => ports.command(text, timing.command));
    return [sim(rig, identity, fault), registration(rig, identity, fault), apn(rig, identity, fault)];
  } finally {
    ports.close();
  }
}

type Rig = SwitchProofOptions['rig'];

const noNetwork = 'network.registration is false';

function sim(rig: Rig, identity: Identity, fault: RigFault | undefined): CheckRow {
  const check = 'SIM';
  if (identity.sim === 'READY') return ok(check, 'READY');
  if (!rig.network.registration && rig.sim === undefined) return notTried(check, noNetwork);
  const seen = identity.sim ?? 'no readable answer to AT+CPIN?';
  return failed(check, fault ?? new RigFault('the SIM is not ready', { asked: 'CPIN READY', seen, hint: 'is a card in?' }));
}

function registration(rig: Rig, identity: Identity, fault: RigFault | undefined): CheckRow {
  const check = 'registration';
  if (!rig.network.registration) return notTried(check, noNetwork);
  const state = `CREG ${identity.registration ?? '?'}, CEREG ${identity.epsRegistration ?? '?'}`;
  if (registered(identity)) return ok(check, state);
  const hint = 'look at the SIM first, then antenna and coverage';
  return failed(check, fault ?? new RigFault('the unit is not registered', { asked: 'CREG or CEREG 1 or 5', seen: state, hint }));
}

function apn(rig: Rig, identity: Identity, fault: RigFault | undefined): CheckRow {
  const check = 'APN';
  if (identity.apn === rig.network.apn) return ok(check, identity.apn);
  if (!rig.network.registration) return notTried(check, noNetwork);
  const seen = identity.apn ?? 'no readable answer to AT+QICSGP=1';
  const hint = 'check network.apn of the definition';
  return failed(check, fault ?? new RigFault('the APN is another one', { asked: rig.network.apn, seen, hint }));
}
