/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The draws of one run as they come: a growing array of doubles for each
 * column of each chain. A value that is no number stands as a number: true is
 * 1, a symbol the place of its level. What was missed is NaN.
 *
 * Of a long run every so manieth draw is kept, a power of two, so that memory
 * and plots stay as they are however long it is.
 */
const KEPT_MOST = 100000; /* of a chain */

class Growing {
    constructor() {
        this.at = new Float64Array(1024);
        this.length = 0;
    }
    set(i, x) {
        if (i >= this.at.length) {
            const more = new Float64Array(Math.max(2 * this.at.length, i + 1));
            more.set(this.at.subarray(0, this.length));
            this.at = more;
        }
        if (i > this.length) this.at.fill(NaN, this.length, i);
        this.at[i] = x;
        if (i >= this.length) this.length = i + 1;
    }
    view() {
        return this.at.subarray(0, this.length);
    }
    /* Every other one. */
    halve() {
        const n = Math.ceil(this.length / 2);
        for (let i = 0; i < n; i++) this.at[i] = this.at[2 * i];
        this.length = n;
    }
}

const WORDS = { inf: Infinity, '-inf': -Infinity, nan: NaN };

export class Draws {
    constructor() {
        this.columns = []; /* {name, kind, of} */
        this.chains = [];  /* of columns, of Growing */
        this.levels = [];  /* a column: text to code */
        this.made = [];    /* a chain: draws, those that are not kept too */
        this.stride = 1;
        this.version = 0;  /* counts changes */
    }
    begin({ columns, chains }) {
        const names = columns.map(c => c.name).join('\n');
        if (this.chains.length === chains && names === this.columns.map(c => c.name).join('\n')) return;
        this.columns = columns;
        this.chains = Array.from({ length: chains }, () => columns.map(() => new Growing()));
        this.levels = columns.map(() => new Map());
        this.made = Array.from({ length: chains }, () => 0);
        this.version++;
    }
    number(column, v) {
        if (typeof v === 'number') return v;
        if (typeof v === 'boolean') {
            if (this.columns[column].kind === 'number') this.columns[column].kind = 'boolean';
            return v ? 1 : 0;
        }
        if (v === null) return NaN;
        if (v in WORDS) return WORDS[v];
        const levels = this.levels[column], text = String(v);
        if (!levels.has(text)) levels.set(text, levels.size);
        this.columns[column].kind = 'levels';
        return levels.get(text);
    }
    /* Draws from number `from` on, `step` apart. */
    take({ chain, from, draws }, step = 1) {
        const into = this.chains[chain - 1];
        if (!into) return;
        for (let i = 0; i < draws.length; i++) {
            const at = from + i * step;
            if (at % this.stride) continue;
            for (let k = 0; k < into.length; k++) into[k].set(at / this.stride, this.number(k, draws[i][k]));
        }
        this.made[chain - 1] = Math.max(this.made[chain - 1], from + draws.length * step);
        while (into[0].length > KEPT_MOST) this.coarsen();
        this.version++;
    }
    coarsen() {
        this.stride *= 2;
        for (const chain of this.chains) for (const c of chain) c.halve();
    }
    /* The stride that keeps so many draws. */
    make_room(draws) {
        while (draws / this.stride > KEPT_MOST / 4) this.coarsen();
    }
    /* One array a chain. */
    of(column) {
        return this.chains.map(c => c[column].view());
    }
    find(name) {
        return this.columns.findIndex(c => c.name === name);
    }
    get count() {
        return this.chains.reduce((n, c) => n + (c[0]?.length ?? 0), 0);
    }
    /* What the program draws; lp__ stands last. */
    parameters() {
        const all = this.columns.map((c, i) => i).filter(i => this.columns[i].of !== 'sampler' && this.columns[i].kind !== 'lost');
        const density = this.find('lp__');
        return density >= 0 ? [...all, density] : all;
    }
    /* Is it shown as bars: no numbers, or whole numbers, few of them? */
    is_discrete(column) {
        const kind = this.columns[column].kind;
        if (kind === 'boolean' || kind === 'levels') return true;
        const seen = new Set();
        for (const x of this.of(column))
            for (let i = 0; i < x.length; i += 1 + (x.length >> 9)) {
                if (!Number.isInteger(x[i])) return false;
                seen.add(x[i]);
                if (seen.size > 40) return false;
            }
        return seen.size > 0;
    }
    label(column, code) {
        if (this.columns[column].kind === 'boolean') return code ? 'true' : 'false';
        for (const [text, c] of this.levels[column]) if (c === code) return text;
        return String(code);
    }
}
