/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Asks the worker beside the page: compute('diagnose', chains) is a promise of
 * what statistics.js says. Chains are copied, for they grow meanwhile.
 */
const worker = new Worker(new URL('worker.js', import.meta.url), { type: 'module' });
const asked = new Map();
let next = 0;

worker.onmessage = ({ data: { id, result } }) => {
    asked.get(id)(result);
    asked.delete(id);
};

export function compute(what, chains) {
    const own = chains.map(c => c.slice());
    worker.postMessage({ id: ++next, what, chains: own }, own.map(c => c.buffer));
    return new Promise(done => asked.set(next, done));
}
