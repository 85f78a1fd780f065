/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Beside the page: what takes long to compute of draws, so that the page never
 * waits for it. It gets copies, and answers by number; see compute.js.
 */
import { diagnose } from './statistics.js';

const STEPS = 24, LOOKED_AT = 4000; /* draws of a chain */

/* R-hat and effective draws of the first part of the draws, by steps. */
function settle(chains) {
    const n = Math.min(...chains.map(c => c.length)), out = { upto: [], rhat: [], ess: [] };
    for (let i = 1; i <= STEPS; i++) {
        const upto = Math.floor(n * i / STEPS), step = Math.max(1, Math.floor(upto / LOOKED_AT));
        if (upto < 24) continue;
        const d = diagnose(chains.map(c => c.subarray(0, upto).filter((_, k) => k % step === 0)));
        out.upto.push(upto);
        out.rhat.push(Number.isFinite(d.rhat) ? d.rhat : null);
        out.ess.push(Number.isFinite(d.ess) ? d.ess : null);
    }
    return out;
}

const known = { diagnose, settle };

self.onmessage = ({ data: { id, what, chains } }) => self.postMessage({ id, result: known[what](chains) });
