import type { Answer } from '../at/types.js';
import { RigFault } from '../base/errors.js';
import type { Identity } from '../journal/events.js';
import { answerText, bareLine, fields, type Ask } from './answers.js';

/** What a unit says of itself. What it did not answer, or not readably, is left out. */
export interface UnitIdentity {
  readonly identity: Identity;
  /** Second line of ATI: EC25, EC21. */
  readonly model: string | undefined;
  /** What it answered, by key, where it answered without a value: an error, or nothing but OK. Silence and junk are none of it. */
  readonly withheld: Readonly<Record<string, string>>;
}

/** Reads everything of DG-01 and DH-03; never throws for what the module says. */
export async function readIdentity(ask: Ask): Promise<UnitIdentity> {
  const withheld: Record<string, string> = {};
  const noting =
    (key: keyof Identity): Ask =>
    async (command) => {
      const answer = await ask(command);
      if (isEmpty(answer)) withheld[key] = answerText(answer);
      return answer;
    };
  const about = readAti(await ask('ATI'));
  const gmr = bareOf(await ask('AT+GMR'));
  const cgmr = bareOf(await ask('AT+CGMR'));
  const revision = about.revision ?? gmr ?? cgmr;
  const qgmr = bareOf(await ask('AT+QGMR'));
  const subEdition = after(await ask('AT+CSUB'), /SubEdition:\s*(\S+)/i);
  const imei = await readImei(noting('imei'));
  const iccid = first(await noting('iccid')('AT+QCCID'), '+QCCID');
  const sim = await readSim(ask);
  const registration = await readRegistration(noting('registration'));
  const epsRegistration = await readEpsRegistration(noting('epsRegistration'));
  const { apn, apnContext } = await readApn(noting('apn'));
  const cfun = await readCfun(noting('cfun'));
  const identity: Identity = {};
  const all = { revision, qgmr, gmr, cgmr, subEdition, imei, iccid, sim, registration, epsRegistration, apn, apnContext, cfun };
  for (const [key, value] of Object.entries(all)) if (value !== undefined) identity[key as keyof Identity] = value;
  return { identity, model: about.model, withheld };
}

/** Answered, and without a value: not a silence, a lost line or an answer that is there and unreadable. */
function isEmpty(answer: Answer): boolean {
  if (answer.result === 'ERROR' || answer.result === '+CME ERROR') return true;
  return answer.ok && answer.lines.every((line) => line.trim() === '');
}

/** The running version, by ATI, else by GMR or CGMR (guide 2.1). */
export async function readRevision(ask: Ask): Promise<string | undefined> {
  return readAti(await ask('ATI')).revision ?? (await readBareRevision(ask));
}

export async function readImei(ask: Ask): Promise<string | undefined> {
  return after(await ask('AT+CGSN'), /(?:^|\D)(\d{14,16})(?:\D|$)/);
}

/** Digits of an IMEI that a unit has lost. */
const lost = /^0+$/;

/**
 * The IMEI of another unit than this rig's, told twice alike: one that was garbled on its way is not. A unit without any, or that does not tell it
 * readably, is not another one.
 */
export async function readForeignImei(ask: Ask, own: string): Promise<string | undefined> {
  const seen = await readImei(ask);
  if (seen === undefined || seen === own || lost.test(seen)) return undefined;
  return (await readImei(ask)) === seen ? seen : undefined;
}

/** Somebody has put another unit in the place of this rig's: nothing more is done to it. */
export class AnotherUnit extends RigFault {
  constructor(own: string, seen: string) {
    super('the unit is another one', {
      asked: `IMEI ${own}`,
      seen: `IMEI ${seen}`,
      hint: 'check which unit is on this rig (dfota rigs check); it was left alone',
    });
  }
}

export async function readCfun(ask: Ask): Promise<string | undefined> {
  return fieldAt(await ask('AT+CFUN?'), '+CFUN', 0);
}

/** An empty APN when the unit has none: that is an answer, and after an upgrade a loss. User and password are left where they are. */
async function readApn(ask: Ask): Promise<Pick<Identity, 'apn' | 'apnContext'>> {
  const answer = await ask('AT+QICSGP=1');
  const [type, apn, , , authentication] = (answer.ok ? fields(answer, '+QICSGP') : undefined) ?? [];
  if (apn === undefined) return {};
  return { apn, apnContext: [type, authentication].filter((part) => part !== undefined && part !== '').join(',') };
}

/** `READY`, `SIM PIN` …; `NOT INSERTED` and other CME errors by their number, since they say something of the card. */
export async function readSim(ask: Ask): Promise<string | undefined> {
  const answer = await ask('AT+CPIN?');
  const said = first(answer, '+CPIN');
  if (said !== undefined) return said;
  if (answer.result !== '+CME ERROR' || answer.code === undefined) return undefined;
  return answer.code === '10' ? 'NOT INSERTED' : `CME ERROR ${answer.code}`;
}

export type NetworkState = Pick<Identity, 'sim' | 'registration' | 'epsRegistration'>;

/** What comes up by itself some time after a boot. */
export async function readNetworkState(ask: Ask): Promise<NetworkState> {
  const sim = await readSim(ask);
  const registration = await readRegistration(ask);
  const epsRegistration = await readEpsRegistration(ask);
  return {
    ...(sim === undefined ? {} : { sim }),
    ...(registration === undefined ? {} : { registration }),
    ...(epsRegistration === undefined ? {} : { epsRegistration }),
  };
}

async function readRegistration(ask: Ask): Promise<string | undefined> {
  return fieldAt(await ask('AT+CREG?'), '+CREG', 1);
}

async function readEpsRegistration(ask: Ask): Promise<string | undefined> {
  return fieldAt(await ask('AT+CEREG?'), '+CEREG', 1);
}

/** Home or roaming, on either network. */
export function registered(state: NetworkState): boolean {
  return [state.registration, state.epsRegistration].some((value) => value === '1' || value === '5');
}

/** Stops the run before anything is changed when the unit is not the rig's. Throws a RigFault. */
export function checkIdentity(
  seen: UnitIdentity,
  rig: { readonly name: string; readonly module: string; readonly unit: { readonly imei: string } },
): void {
  const hint =
    'check which unit is on this rig and which lines the rig definition names (dfota rigs check); ' +
    'nothing on the unit was changed';
  const model = seen.model ?? seen.identity.revision?.slice(0, 4);
  if (model?.toUpperCase().startsWith(rig.module) !== true) {
    throw new RigFault(`rig ${rig.name}: the unit is not an ${rig.module}`, {
      asked: `ATI of an ${rig.module}`,
      seen: seen.model ?? seen.identity.revision ?? 'no readable answer to ATI',
      hint,
    });
  }
  if (seen.identity.imei !== rig.unit.imei) {
    throw new RigFault(`rig ${rig.name}: the unit is another one`, {
      asked: `IMEI ${rig.unit.imei}`,
      seen: seen.identity.imei === undefined ? 'no readable answer to AT+CGSN' : `IMEI ${seen.identity.imei}`,
      hint,
    });
  }
}

function readAti(answer: Answer): { revision: string | undefined; model: string | undefined } {
  const bare = answer.lines.map((line) => line.trim()).filter((line) => /^[A-Za-z0-9-]+$/.test(line));
  const vendor = bare.findIndex((line) => /^quectel$/i.test(line));
  const model = vendor < 0 ? bare.find((line) => /^E[CG]\d\d/i.test(line)) : bare[vendor + 1];
  return { revision: after(answer, /Revision:\s*(\S+)/i), model };
}

async function readBareRevision(ask: Ask): Promise<string | undefined> {
  return bareOf(await ask('AT+GMR')) ?? bareOf(await ask('AT+CGMR'));
}

function bareOf(answer: Answer): string | undefined {
  return answer.ok ? bareLine(answer) : undefined;
}

function after(answer: Answer, pattern: RegExp): string | undefined {
  for (const line of answer.lines) {
    const found = pattern.exec(line)?.[1];
    if (found !== undefined) return found;
  }
  return undefined;
}

function first(answer: Answer, name: string): string | undefined {
  return fieldAt(answer, name, 0);
}

function fieldAt(answer: Answer, name: string, index: number): string | undefined {
  const value = answer.ok ? fields(answer, name)?.[index] : undefined;
  return value === '' ? undefined : value;
}
