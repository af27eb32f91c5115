import type { EventOf, Identity, JournalEvent, RigProfile } from '../../journal/events.js';
import type { RigResult } from '../result.js';
import type { PairFacts, RigFacts } from './data.js';
import type { Identities } from './identities.js';

type Collected = Omit<RigFacts, 'tests' | 'upgrades' | 'survival' | 'verdict'>;

const identityNames: Readonly<Record<keyof Identity, string>> = {
  revision: 'revision (ATI)',
  qgmr: 'AT+QGMR',
  gmr: 'AT+GMR',
  cgmr: 'AT+CGMR',
  subEdition: 'sub-edition',
  imei: 'IMEI',
  iccid: 'ICCID',
  sim: 'SIM',
  registration: 'registration (CREG)',
  epsRegistration: 'registration (CEREG)',
  apn: 'APN',
  apnContext: 'type and authentication of the APN',
  cfun: 'CFUN',
};

/** Each value of an identity with its name, in one order. */
export function identityRows<T>(pick: (key: keyof Identity) => T): readonly { readonly name: string; readonly value: T }[] {
  return (Object.keys(identityNames) as (keyof Identity)[]).map((key) => ({ name: identityNames[key], value: pick(key) }));
}

/** What is known of one rig and its unit beyond its upgrades. */
export class RigCollector {
  #profile: RigProfile | undefined;
  #proof: string | undefined;
  #first: Identity | undefined;
  #last: Identity | undefined;
  #module: string | undefined;
  #lag = 0;
  readonly #restores: Record<string, number> = {};
  pair: number | undefined;

  constructor(
    readonly name: string,
    readonly index: number,
  ) {}

  take(event: JournalEvent): void {
    switch (event.type) {
      case 'rig.start':
        this.#profile = event.profile;
        break;
      case 'pair':
        this.#module = event.module;
        break;
      case 'switch.proof':
        this.#proof = `${event.ok ? 'proven' : (event.problem ?? 'not proven')}: ${event.seen}`;
        break;
      case 'module.identity':
        this.#first = { ...event.identity, ...this.#first };
        this.#last = { ...this.#last, ...event.identity };
        break;
      case 'restore.rung':
        this.#restores[event.rung] = (this.#restores[event.rung] ?? 0) + 1;
        break;
      case 'host.lag':
        this.#lag += event.ms;
        break;
      default:
        break;
    }
  }

  facts(result: RigResult | undefined, identities: Identities): Collected {
    const profile = this.#profile;
    const faults = new Map<string, number>();
    for (const fault of result?.faults ?? []) faults.set(fault, (faults.get(fault) ?? 0) + 1);
    return {
      name: this.name,
      module: profile?.module ?? this.#module,
      simulated: profile?.simulated ?? false,
      scale: profile?.scale,
      lines: profile?.lines ?? [],
      firmware: profile === undefined ? undefined : policyText(profile.firmware),
      limits: profile?.limits,
      ready: result?.ready ?? false,
      faults: [...faults].map(([text, count]) => ({ text: identities.mask(text), count })),
      aside: result?.aside,
      powerSafe: result?.powerSafe,
      proof: this.#proof,
      restores: this.#restores,
      lag: Math.round(this.#lag),
      pair: this.pair,
      identity: identityRows((key) => [this.#first?.[key], this.#last?.[key]] as const)
        .filter(({ value }) => value.some((each) => each !== undefined))
        .map(({ name, value: [first, last] }) => ({
          name,
          first: identities.mask(first ?? ''),
          last: identities.mask(last ?? ''),
        })),
    };
  }
}

function policyText({ retries, reading, afterRetries }: RigProfile['firmware']): string {
  const count = {
    'in-all': `${String(retries)} attempts in all`,
    'plus-first': `the first attempt and ${String(retries)} more`,
    either: `${String(retries)} attempts, or the first and ${String(retries)} more`,
  }[reading];
  return `${count}, then ${afterRetries === 'rolled-back' ? 'the old version' : 'it retries for ever'}`;
}

export function pairFacts({ name, module, versions, upgrade, downgrade }: EventOf<'pair'>): PairFacts {
  return {
    name,
    module,
    from: versions[upgrade.from] ?? upgrade.from,
    to: versions[upgrade.to] ?? upgrade.to,
    upgrade,
    downgrade,
  };
}
