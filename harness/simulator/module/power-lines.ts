import type { Behaviours } from '../behaviour.js';

/** What the power lines do to the module. */
export interface Powered {
  readonly isOn: boolean;
  powerOn(): void;
  powerLost(): void;
  powerDown(): void;
  reset(): void;
  usbPowerChanged(): void;
  /** The supply has gone or come back, and the module lives. */
  supplyChanged(): void;
}

/** Seconds, before scaling. */
const SUPPLY_STABLE = 0.03;
const KEY_ON = 0.1;
const KEY_OFF = 0.65;
const RESET = 0.15;

/** VBAT, VBUS, PWRKEY and RESET_N as a board drives them. PWRKEY turns on while it is held, and turns off when it is let go. */
export class PowerLines {
  supply = false;
  vbus = false;
  private supplySince = 0;
  private key: { readonly since: number; readonly starting: boolean } | undefined;
  private keyTimer: NodeJS.Timeout | undefined;
  private offs = 0;
  private decay: NodeJS.Timeout | undefined;
  private resetSince: number | undefined;

  constructor(
    private readonly module: Powered,
    private readonly scale: number,
    private readonly behaviours: Behaviours,
  ) {}

  setSupply(asked: boolean): void {
    if (!asked) this.offs++;
    const on = this.behaviours.ask('supply', asked, this.offs);
    if (on === this.supply) return;
    const decay = this.behaviours.ask('decaySeconds', 0) * 1000 * this.scale;
    if (on && this.decay !== undefined) {
      clearTimeout(this.decay);
      this.decay = undefined;
    }
    this.supply = on;
    this.supplySince = performance.now();
    if (on) this.supplyIsOn();
    else if (decay > 0) this.decay = setTimeout(() => this.supplyIsOff(), decay);
    else this.supplyIsOff();
  }

  setVbus(asked: boolean): void {
    const on = this.behaviours.ask('vbus', asked);
    if (on === this.vbus) return;
    this.vbus = on;
    if (!on && !this.powered && this.module.isOn) this.lose();
    else this.module.usbPowerChanged();
  }

  pressKey(asked: boolean): void {
    const down = this.behaviours.ask('powerKey', asked);
    const now = performance.now();
    if (down && this.key === undefined) {
      const stable = this.supply && now - this.supplySince >= SUPPLY_STABLE * 1000 * this.scale;
      const starting = !this.module.isOn && stable;
      this.key = { since: now, starting };
      if (starting) this.keyTimer = setTimeout(() => this.startByKey(), KEY_ON * 1000 * this.scale);
    } else if (!down && this.key !== undefined) {
      const held = (now - this.key.since) / 1000 / this.scale;
      if (this.key.starting && held >= KEY_ON) this.startByKey();
      else if (!this.key.starting && this.module.isOn && held >= KEY_OFF) this.module.powerDown();
      clearTimeout(this.keyTimer);
      this.key = undefined;
    }
  }

  pressReset(asked: boolean): void {
    const down = this.behaviours.ask('reset', asked);
    if (down) this.resetSince ??= performance.now();
    else if (this.resetSince !== undefined) {
      const held = (performance.now() - this.resetSince) / 1000 / this.scale;
      this.resetSince = undefined;
      if (held >= RESET && this.module.isOn) this.module.reset();
    }
  }

  close(): void {
    clearTimeout(this.keyTimer);
    clearTimeout(this.decay);
  }

  private startByKey(): void {
    clearTimeout(this.keyTimer);
    if (this.supply && !this.module.isOn) this.module.powerOn();
  }

  /** Whether what comes in over the UART would keep the module alive. */
  get fedByUart(): boolean {
    return this.behaviours.ask('livesOnUart', false, this.offs);
  }

  /** Whether anything but VBUS keeps the module alive. */
  private get powered(): boolean {
    return this.supply || this.decay !== undefined || this.fedByUart;
  }

  private supplyIsOn(): void {
    if (this.module.isOn) this.module.supplyChanged();
    // A key that is down before anybody presses it.
    if (this.behaviours.ask('powerKey', false))
      this.keyTimer = setTimeout(() => this.startByKey(), (SUPPLY_STABLE + KEY_ON) * 1000 * this.scale);
  }

  private supplyIsOff(): void {
    this.decay = undefined;
    if (this.vbus && this.module.isOn && this.behaviours.ask('livesOnVbus', false)) return;
    if (this.module.isOn && this.fedByUart) this.module.supplyChanged();
    else this.lose();
  }

  private lose(): void {
    clearTimeout(this.keyTimer);
    // A press that lasts through a loss of power turns nothing on afterwards.
    if (this.key !== undefined) this.key = { ...this.key, starting: false };
    this.module.powerLost();
  }
}
