import type { Random } from '../base/random.js';
import type { Login } from './address.js';
import type { ArmedFault } from './fault.js';
import type { Shelf, Published } from './shelf.js';
import type { PublishOptions } from './types.js';

export interface LoginOutcome {
  /** What the login may see from now on; undefined when it is refused. */
  readonly published: (() => readonly Published[]) | undefined;
  /** Faults that refused it. */
  readonly struck: readonly ArmedFault[];
}

/** Who may log in, and sees what: the run's own login, and those that publications bring along for themselves. */
export class FtpLogins {
  readonly #loginOf = new Map<Published, Login>();

  constructor(
    private readonly own: Login,
    private readonly shelf: Shelf,
  ) {}

  /** The login of an address. `wrong` draws a password that nobody has. */
  for(options: Pick<PublishOptions, 'user' | 'password'>, wrong?: Random): Login {
    return {
      user: options.user ?? this.own.user,
      password: options.password ?? (wrong === undefined ? this.own.password : wrong.word(12)),
    };
  }

  add(published: Published, login: Login): void {
    this.#loginOf.set(published, login);
  }

  remove(published: Published): void {
    this.#loginOf.delete(published);
  }

  check(login: Login): LoginOutcome {
    const visible = () => this.shelf.all.filter((published) => same(this.#loginOf.get(published), login));
    const struck = visible().flatMap(({ fault }) => (fault?.name === 'wrong-password' ? [fault] : []));
    if (struck.length > 0) return { published: undefined, struck };
    const known = same(this.own, login) || visible().length > 0;
    return { published: known ? visible : undefined, struck };
  }
}

function same(a: Login | undefined, b: Login): boolean {
  return a?.user === b.user && a.password === b.password;
}
