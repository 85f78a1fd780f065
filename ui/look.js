/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Colours from the style sheet, and numbers as text, for all plots.
 */
export const CHAIN_COLOURS = 10;

let known = {};

export function forget_colours() {
    known = {};
}

export function colour(name) {
    return (known[name] ??= getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim());
}

export const chain_colour = i => colour(`c${i % CHAIN_COLOURS}`);

/* A number in four digits. */
export function short(x) {
    if (!Number.isFinite(x)) return Number.isNaN(x) ? '–' : x > 0 ? 'inf' : '-inf';
    const a = Math.abs(x);
    if (x === 0) return '0';
    if (a >= 1e5 || a < 1e-3) return x.toExponential(2);
    return String(+x.toPrecision(4));
}

/* About so many round places between low and high. */
export function ticks(low, high, count) {
    const rough = (high - low) / Math.max(1, count), unit = 10 ** Math.floor(Math.log10(rough));
    const step = unit * [1, 2, 5, 10].find(f => f * unit >= rough);
    const out = [];
    for (let i = Math.ceil(low / step); i * step <= high + step * 1e-9; i++) out.push(+(i * step).toPrecision(12));
    return out;
}
