import type { Epoch } from './epoch.js';
import type { SimModule } from './module.js';

/** Seconds from normal mode to registration, before scaling. */
const REGISTRATION = [4, 8] as const;
const TRIES = 3;

/** The SIM card and the registration with the network, for one run of normal mode. */
export class SimCard {
  /** As `AT+CFUN?` says it. */
  cfun: number;
  registered = false;
  /** `AT+CREG=n` and `AT+CEREG=n`. */
  readonly reports = { CREG: 0, CEREG: 0 };
  /** The card has been read. */
  found = true;
  private unlocked: boolean;
  private tries = TRIES;

  constructor(
    private readonly module: SimModule,
    private readonly epoch: Epoch,
  ) {
    this.cfun = module.nv.cfun;
    this.unlocked = module.options.pin === undefined;
    const { behaviours } = module.options;
    const found = behaviours.ask('seconds', 0, 'sim');
    if (found > 0) {
      this.found = false;
      epoch.after(found, () => {
        this.found = true;
        this.search();
      });
    }
    this.search();
  }

  get present(): boolean {
    return this.module.options.behaviours.ask('card', this.module.nv.sim);
  }

  get ready(): boolean {
    return this.present && this.found && this.unlocked;
  }

  get state(): 'READY' | 'SIM PIN' | 'SIM PUK' {
    return this.unlocked ? 'READY' : this.tries > 0 ? 'SIM PIN' : 'SIM PUK';
  }

  /** 1 at home, 2 searching, 0 not searching. */
  get registration(): number {
    return this.registered ? this.module.options.behaviours.ask('registration', 1) : this.cfun === 1 ? 2 : 0;
  }

  enterPin(pin: string): boolean {
    if (this.state !== 'SIM PIN' || pin !== this.module.options.pin) {
      if (this.state === 'SIM PIN') this.tries--;
      return false;
    }
    this.unlocked = true;
    this.epoch.after(0.5, () => {
      for (const text of ['+CPIN: READY', '+QUSIM: 1', '+QIND: SMS DONE', '+QIND: PB DONE']) this.module.reporter.urc(text);
    });
    this.search();
    return true;
  }

  setFunction(value: number): void {
    this.cfun = value;
    if (value === 1) this.search();
    else this.setRegistered(false);
  }

  networkChanged(): void {
    if (this.module.network.up) this.search();
    else this.setRegistered(false);
  }

  private search(): void {
    const seconds = this.module.options.behaviours.ask('seconds', this.module.dice.between(...REGISTRATION), 'registration');
    this.epoch.after(seconds, () => {
      if (this.ready && this.cfun === 1 && this.module.nv.registers && this.module.network.up) this.setRegistered(true);
    });
  }

  private setRegistered(registered: boolean): void {
    if (registered === this.registered) return;
    this.registered = registered;
    for (const name of ['CREG', 'CEREG'] as const)
      if (this.reports[name] > 0) this.module.reporter.urc(`+${name}: ${this.registration}`);
  }
}
