import type { BootFlag, BootRecord } from './core/boot-log.js';
import type { PackageProblem } from './core/package-file.js';
import type { Report } from './core/steps.js';
import type { Dice } from './core/bytes.js';

/** The limits of `AT+QFOTADL`, in bytes. */
export interface Limits {
  readonly url: number;
  /** Of the parts of an FTP address. */
  readonly user: number;
  readonly password: number;
  readonly host: number;
  readonly path: number;
  readonly localPath: number;
  readonly lowestPort: number;
  readonly highestPort: number;
  /** The ports where an address names none. */
  readonly ftpPort: number;
  readonly httpPort: number;
  /** Whether a local path elsewhere than in UFS and on the card will do. */
  readonly otherPaths: boolean;
  /** Whether a path may lead on from there: into folders, and out of them. */
  readonly longerPaths: boolean;
}

/** What the module keeps outside the firmware image. */
export interface Nv {
  imei: string;
  iccid: string;
  apn: string;
  /** Type of the APN's context: 1 IPv4, 2 IPv6, 3 both. */
  apnType: number;
  sim: boolean;
  registers: boolean;
  cfun: number;
  urcPort: 'usbat' | 'usbmodem' | 'uart1';
  indications: boolean;
  /** Does not boot any more, whatever the image says. */
  bricked: boolean;
  /** Starts that end in a memory dump instead of normal mode, still to come. */
  dumps: number;
}

/** What is there of the module's files for a deviation to spoil. */
export interface Spoils {
  wipe(): void;
  wipeCard(): void;
  /** Takes so many bytes of UFS each time, and no list shows by what. */
  takeRoom(bytes: number): void;
  /** Changes a byte in the first file of UFS. */
  damageOne(): void;
  /** Deletes the package that was used. */
  dropPackage(): void;
  /** Nearly all that is free of UFS is taken, and no list shows by what. */
  loseRoom(): void;
}

/** A loss of power, as it met the module. */
export interface CutSeen {
  readonly mode: string;
  /** Of the running upgrade; undefined outside one. */
  readonly percent: number | undefined;
  readonly torn: boolean;
  /** Success has been reported, and normal mode has not been reached yet. */
  readonly ending: boolean;
  /** Boots into recovery since the upgrade began. */
  readonly starts: number;
  /** A package was on its way from a server. */
  readonly downloading: boolean;
}

/** How a serial line is laid: `mute` takes bytes and gives none, `renamed` is found under another name. */
export type Wiring = 'sound' | 'mute' | 'renamed';

export type Reach = 'open' | 'refused' | 'silent' | 'elsewhere';

/** What a download is after. */
export interface Remote {
  readonly kind: 'ftp' | 'http';
  readonly user: string;
  readonly password: string;
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

/** How the module's HTTP client goes about a download. */
export interface HttpManner {
  /** What it asks for first, to learn the size: the headers alone, or the first byte. */
  readonly first: 'nothing' | 'headers' | 'byte';
  /** Bytes that one request asks for; `Infinity`: the file in one piece, without `Range`. */
  readonly part: number;
  /** Asks for all parts at once, each over a connection of its own. */
  readonly atOnce: boolean;
  /** Names the server in the request line, as to a proxy. */
  readonly absolute: boolean;
  /** Keeps one connection for all requests. */
  readonly keepAlive: boolean;
}

/** How the module's FTP client goes about a download. */
export interface FtpManner {
  /** Commands between login and `RETR`; `%` is the path. What the server says to them does not matter. */
  readonly before: readonly string[];
  /** Changes into the folder, and asks for the name alone. */
  readonly changesFolder: boolean;
  readonly passive: 'PASV' | 'EPSV';
}

/** Times of the module that differ from one to another, in seconds. */
export type Span =
  /** From normal mode to registration. */
  | 'registration'
  /** From normal mode until the SIM is known to be there. */
  | 'sim'
  /** From RDY until commands are answered over the UART. */
  | 'answers'
  /** From power to STATUS. */
  | 'status'
  /** Between two writes that make up one URC. */
  | 'gap'
  /** From the USB port being there to a stumble, in which it leaves and comes back. */
  | 'usb-stumble'
  /** By which a command is answered late. */
  | 'answer-late';

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
  /** Why no suite may find fault with it: sound modules do it too, or the rig makes up for it. */
  readonly harmless?: string;

  /** How many attempts there are at most. */
  maxAttempts?(sound: number, source: string): number;
  /** What the retry counter starts from; `previous` is where the last upgrade left it. */
  firstCount?(sound: number, previous: number): number;
  /** The counter as a boot finds it; `warm`: power was kept since the last one; `starts`: boots into recovery so far. */
  countAtBoot?(sound: number, warm: boolean, starts: number, outcome: BootRecord['outcome']): number;
  /** Whether normal mode takes back the flag that says an upgrade has ended well. */
  clearsFlag?(sound: boolean): boolean;
  /** The code of an attempt that worked. */
  attemptEnd?(sound: number, starts: number): number;
  /** Whether recovery crashes and starts again once it has reported this. */
  crashes?(sound: boolean, percent: number, starts: number): boolean;

  /** What the boot flag says that a boot finds. */
  flagAtBoot?(
    sound: BootFlag,
    boot: { readonly warm: boolean; readonly starts: number; readonly outcome: BootRecord['outcome'] },
  ): BootFlag;
  /** Whether an attempt ended by a cut is used up. */
  cutsCount?(sound: boolean): boolean;
  /** Whether each failed attempt prints its END. */
  endEach?(sound: boolean): boolean;
  /** Whether recovery goes on with a package it must refuse, and then says it runs the new version. */
  toleratesPackage?(sound: boolean, problem: PackageProblem, data: Buffer | undefined): boolean;
  /** Whether an attempt leaves the flash alone, and reports success. */
  writesNothing?(sound: boolean): boolean;
  /**
   * What is reported in place of one report. `percent` is the last percentage reported in this attempt, `starts` counts boots into recovery.
   */
  reports?(sound: readonly Report[], percent: number, starts: number): readonly Report[];
  /** Whether recovery stands still for good once it has reported this. */
  hangs?(sound: boolean, percent: number): boolean;
  /** Seconds of work on the flash in a whole upgrade, before scaling; `starts`: earlier boots into recovery of this upgrade. */
  flashSeconds?(sound: number, starts: number): number;
  /** Whether the package is deleted as soon as an attempt has read it. */
  dropsPackage?(sound: boolean): boolean;

  limits?(sound: Limits): Limits;
  /** Whether a local file that does not exist is accepted. */
  acceptsMissingFile?(sound: boolean): boolean;
  /** Whether a refused `AT+QFOTADL` reboots the module all the same. */
  rebootsAfterRefusal?(sound: boolean): boolean;
  /** What is reported after a refused `AT+QFOTADL`; an empty text is nothing. */
  reportAfterRefusal?(sound: string): string;
  /** Whether `AT+QFOTADL` is taken at all, `since` what has gone before. */
  takesUpgrade?(sound: boolean, since: { readonly gaveUp: boolean; readonly downloadFailed: boolean }): boolean;
  /** Whether `AT+QFOTADL=?` is answered with OK. */
  knowsTest?(sound: boolean): boolean;
  /** What an upgrade from a local file does on the network. */
  localDownload?(sound: 'nothing' | 'requests' | 'reports'): 'nothing' | 'requests' | 'reports';
  /** What is really asked of the server. */
  remote?(sound: Remote): Remote;
  /** How often a package is fetched; each time after the first from somewhere in its middle. */
  fetches?(sound: number): number;
  /** Bytes a second that arrive, before scaling. */
  bytesPerSecond?(sound: number): number;
  /** The code at the end of a download; 0 goes on to recovery. */
  downloadEnd?(sound: number, kind: Remote['kind']): number;
  /** Whether that end is reported. */
  reportsDownloadEnd?(sound: boolean, code: number): boolean;
  rebootsAfterFailedDownload?(sound: boolean): boolean;
  /** Whether a refused local file is asked of a server. */
  requestsAfterRefusal?(sound: boolean): boolean;
  /** Whether files are deleted for a package that has no room. */
  makesRoom?(sound: boolean): boolean;
  /** Whether a download that lost its power leaves the boot flag behind, as if it were done. */
  resumesDownload?(sound: boolean): boolean;

  /** Changes what the module keeps, at the first normal boot after an upgrade. */
  afterUpgrade?(nv: Nv, files: Spoils): void;
  /** The same at the first normal boot after an upgrade was given up, and after a download that failed. */
  afterGivingUp?(nv: Nv, files: Spoils): void;
  afterFailedDownload?(nv: Nv, files: Spoils): void;
  /** Seconds of normal mode, before scaling, after which the module restarts by itself; `first`: since an upgrade. */
  restartsAfter?(sound: number, since: { readonly first: boolean; readonly upgraded: boolean }): number;
  /** What AT+GMR and AT+CGMR say. */
  shownGmr?(sound: string, upgraded: boolean): string;
  /** Whether USB comes up in normal mode. */
  usbUp?(sound: boolean, upgraded: boolean): boolean;
  /** How a line works in normal mode. */
  wiringInNormal?(sound: Wiring, port: 'at' | 'uart', upgraded: boolean): Wiring;
  /** Seconds from power to the loader, before scaling. */
  loaderSeconds?(sound: number, boot: { readonly warm: boolean; readonly flag: BootFlag; readonly starts: number }): number;
  /** The revision the module says it runs; `upgraded`: the last upgrade succeeded. */
  shownRevision?(sound: string, upgraded: boolean): string;
  /** Whether normal mode comes up; `gaveUp`: the last upgrade ended with the old version restored. */
  startsUp?(sound: boolean, gaveUp: boolean): boolean;
  /** The answer to AT+QGMR; `starts`: boots into recovery that the last upgrade took. */
  shownQgmr?(sound: string, starts: number): string;
  /** May brick the module, by setting `nv.bricked`, or spoil what it keeps. */
  onCut?(cut: CutSeen, nv: Nv, files: Spoils): void;
  /** Seconds from power to normal mode, before scaling. */
  bootSeconds?(sound: number, upgraded: boolean): number;
  /** Whether commands are echoed after a start. */
  echo?(sound: boolean): boolean;
  /** The state in `+CREG` while the module is registered. */
  registration?(sound: number): number;
  /** How often a download is begun that broke off, each time from where it broke off. */
  downloadTries?(sound: number): number;
  httpManner?(sound: HttpManner): HttpManner;
  ftpManner?(sound: FtpManner): FtpManner;
  seconds?(sound: number, of: Span): number;
  /** The URCs of a boot into normal mode, in their order; over USB RDY is the first. */
  bootUrcs?(sound: readonly string[]): readonly string[];
  /** Bytes on the UART when the boot loader runs. */
  loaderSays?(sound: string): string;
  /** The writes that make up one piece of an answer (framing included): its information, or its result. */
  answer?(sound: readonly string[], port: 'at' | 'uart'): readonly string[];
  /** What is echoed of a piece of a command. */
  echoes?(sound: string): string;
  /** The lines that answer a command. */
  answerLines?(sound: readonly string[], command: string): readonly string[];

  /** The writes to a port that make up one URC (framing included); an empty list loses it. */
  urc?(sound: readonly string[], port: 'at' | 'uart', dice: Dice): readonly string[];

  /** Whether the module stays alive without its supply, as long as VBUS is there. */
  livesOnVbus?(sound: boolean): boolean;
  /**
   * Whether it stays alive without its supply by what comes in over the UART, with no more than the UART to show for it; `offs`: how often
   * the supply has been told to go off.
   */
  livesOnUart?(sound: boolean, offs: number): boolean;
  /** What the supply does when it is told so; `offs`: how often it has been told to go off, this time included. */
  supply?(sound: boolean, offs: number): boolean;
  /** Seconds for which the module lives on after its supply was switched off, before scaling. */
  decaySeconds?(sound: number): number;
  /** What PWRKEY does when it is told so. */
  powerKey?(sound: boolean): boolean;
  /** What RESET_N and VBUS do when they are told so. */
  reset?(sound: boolean): boolean;
  vbus?(sound: boolean): boolean;
  /** What STATUS shows. */
  status?(sound: boolean): boolean;
  wiring?(sound: Wiring, port: 'at' | 'uart'): Wiring;
  /** Seconds between two bursts of noise on the UART, before scaling; 0 is none. */
  noiseSeconds?(sound: number): number;
  /** The IMEI of the unit at the end of this line. */
  imei?(sound: string, port: 'at' | 'uart'): string;
  card?(sound: boolean): boolean;
  /** Seconds between two moments in which the USB plug has no contact, before scaling; 0: it is well plugged. */
  looseUsbSeconds?(sound: number): number;
  /** What becomes of a connection to a server; `elsewhere`: another server takes it, and has an old file for every name. */
  network?(sound: Reach): Reach;
  /** Bytes of a download after which the network carries no more of it. */
  networkDiesAfter?(sound: number): number;
  /** Whether the control socket still works at the n-th request. */
  controls?(sound: boolean, requests: number): boolean;
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
  ask<K extends Exclude<HookName, 'afterUpgrade' | 'afterGivingUp' | 'afterFailedDownload' | 'onCut'>>(
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

  afterUpgrade(nv: Nv, files: Spoils): void {
    for (const behaviour of this.list) behaviour.afterUpgrade?.(nv, files);
  }

  afterGivingUp(nv: Nv, files: Spoils): void {
    for (const behaviour of this.list) behaviour.afterGivingUp?.(nv, files);
  }

  afterFailedDownload(nv: Nv, files: Spoils): void {
    for (const behaviour of this.list) behaviour.afterFailedDownload?.(nv, files);
  }

  onCut(cut: CutSeen, nv: Nv, files: Spoils): void {
    for (const behaviour of this.list) behaviour.onCut?.(cut, nv, files);
  }
}
