import { facts } from './session.js';

/** Called by jest-junit for each suite: the properties of `<testsuite>`. */
module.exports = (): Record<string, string> => ({ ...facts });
