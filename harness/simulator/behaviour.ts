import type { PackageProblem } from './core/package-file.js';
import type { Report } from './core/steps.js';
import type { Dice } from './core/bytes.js';

/** The limits of `AT+QFOTADL`, in bytes. */
export interface Limits {
  readonly url: number;
  /** User, password, host and path of an FTP address, each. */
  readonly part: number;
  readonly localPath: number;
  readonly lowestPort: number;
}

/** What the module keeps outside the firmware image. */
export interface Nv {
  imei: string;
  iccid: string;
  apn: string;
  sim: boolean;
  registers: boolean;
  cfun: number;
  urcPort: 'usbat' | 'usbmodem' | 'uart1';
  indications: boolean;
  /** Does not boot any more, whatever the image says. */
  bricked: boolean;
}

/** A loss of power, as it met the module. */
export interface CutSeen {
  readonly mode: string;
  /** Of the running upgrade; undefined outside one. */
  readonly percent: number | undefined;
  readonly torn: boolean;
}

/** What a download is after. */
export interface Remote {
  readonly kind: 'ftp' | 'http';
  readonly user: string;
  readonly password: string;
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

/**
 * A deviation from the sound module: a small object with the hooks it needs. Every hook gets what a sound module would do and
 * returns what this one does; several deviations are applied in the order in which they are named.
 */
export interface Behaviour {
  readonly name: string;
  /** One line for people. */
  readonly summary: string;
  /** Whose fault it is when a suite meets it. */
  readonly owner: 'firmware' | 'rig';

  /** How many attempts there are at most. */
  maxAttempts?(sound: number): number;
  /** What the retry counter starts from; `previous` is where the last upgrade left it. */
  firstCount?(sound: number, previous: number): number;
  /** Whether recovery goes on with a package it must refuse, and then says it runs the new version. */
  toleratesPackage?(sound: boolean, problem: PackageProblem): boolean;
  /** Whether an attempt leaves the flash alone, and reports success. */
  writesNothing?(sound: boolean): boolean;
  /** What is reported in place of one report. `percent` is the last percentage reported in this attempt. */
  reports?(sound: readonly Report[], percent: number): readonly Report[];

  limits?(sound: Limits): Limits;
  /** Whether a local file that does not exist is accepted. */
  acceptsMissingFile?(sound: boolean): boolean;
  /** Whether a refused `AT+QFOTADL` reboots the module all the same. */
  rebootsAfterRefusal?(sound: boolean): boolean;
  /** What is really asked of the server. */
  remote?(sound: Remote): Remote;
  /** The code at the end of a download; 0 goes on to recovery. */
  downloadEnd?(sound: number): number;

  /** Changes what the module keeps, at the first normal boot after an upgrade. */
  afterUpgrade?(nv: Nv, files: { wipe(): void }): void;
  /** May brick the module, by setting `nv.bricked`. */
  onCut?(cut: CutSeen, nv: Nv): void;
  /** Whether the module stays alive without its supply, as long as VBUS is there. */
  livesOnVbus?(sound: boolean): boolean;
  /** What the supply does when it is told so. */
  supply?(sound: boolean): boolean;
  /** What STATUS shows. */
  status?(sound: boolean): boolean;
  /** Seconds from power to normal mode, before scaling. */
  bootSeconds?(sound: number): number;
  /** The writes to a port that make up one URC (framing included); an empty list loses it. */
  urc?(sound: readonly string[], port: 'at' | 'uart', dice: Dice): readonly string[];
}

type HookName = {
  [K in keyof Behaviour]-?: NonNullable<Behaviour[K]> extends (...args: never[]) => unknown ? K : never;
}[keyof Behaviour];
type Hook<K extends HookName> = NonNullable<Behaviour[K]>;

/** The deviations of one module; empty for a sound one. */
export class Behaviours {
  constructor(private readonly list: readonly Behaviour[] = []) {}

  get names(): string[] {
    return this.list.map(({ name }) => name);
  }

  /** Passes the sound answer through every deviation that has the hook. */
  ask<K extends Exclude<HookName, 'afterUpgrade' | 'onCut'>>(
    hook: K,
    sound: Parameters<Hook<K>>[0],
    ...more: Parameters<Hook<K>> extends [unknown, ...infer Rest] ? Rest : never
  ): Parameters<Hook<K>>[0] {
    let answer: unknown = sound;
    for (const behaviour of this.list) {
      const method = behaviour[hook] as ((sound: unknown, ...rest: unknown[]) => unknown) | undefined;
      if (method !== undefined) answer = method.call(behaviour, answer, ...more);
    }
    return answer as Parameters<Hook<K>>[0];
  }

  afterUpgrade(nv: Nv, files: { wipe(): void }): void {
    for (const behaviour of this.list) behaviour.afterUpgrade?.(nv, files);
  }

  onCut(cut: CutSeen, nv: Nv): void {
    for (const behaviour of this.list) behaviour.onCut?.(cut, nv);
  }
}
