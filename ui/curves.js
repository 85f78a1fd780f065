/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Curves of all chains over one axis, by uPlot: drag to zoom, double click to
 * go back.
 */
import { chain_colour, colour, short } from './look.js';

/* global uPlot */

function axis(extra = {}) {
    return {
        stroke: () => colour('dim'),
        grid: { stroke: () => colour('grid'), width: 1 },
        ticks: { stroke: () => colour('grid'), width: 1 },
        font: '11px system-ui, sans-serif',
        values: (u, all) => all.map(short),
        ...extra,
    };
}

export class Curves {
    /* series: {label, ink(), fill(), dash, width} each; chains where none */
    constructor(parent, { height = 200, y_size = 56, series, range, marks } = {}) {
        this.parent = parent;
        this.options = { height, y_size, series, range, marks };
        this.plot = null;
        parent.setAttribute('role', 'img');
    }
    describe(words) {
        this.parent.setAttribute('aria-label', words);
    }
    make(count) {
        if (typeof uPlot === 'undefined') {
            this.parent.textContent = 'This build has no curves: uPlot could not be fetched when it was made.';
            return;
        }
        const { height, y_size, series, range, marks } = this.options;
        const own = series ?? Array.from({ length: count }, (_, i) => ({ label: `chain ${i + 1}`, ink: () => chain_colour(i) }));
        this.plot?.destroy();
        this.count = count;
        this.plot = new uPlot({
            width: this.parent.clientWidth || 400,
            height,
            legend: { show: false },
            cursor: { points: { show: false }, drag: { x: true, y: false } },
            scales: { x: { time: false, range: range?.x }, y: { range: range?.y } },
            axes: [axis(), axis({ size: y_size })],
            series: [{}, ...own.map(s => ({
                label: s.label,
                stroke: s.ink,
                fill: s.fill,
                width: s.width ?? 1,
                dash: s.dash,
                points: { show: false },
                spanGaps: false,
            }))],
            hooks: marks ? { draw: [u => marks(u)] } : {},
        }, [[], ...own.map(() => [])], this.parent);
    }
    /* data: x, then one array a curve */
    show(data) {
        if (!this.plot || this.count !== data.length - 1) this.make(data.length - 1);
        if (!this.plot) return;
        const width = this.parent.clientWidth;
        if (width && width !== this.plot.width) this.plot.setSize({ width, height: this.options.height });
        this.plot.setData(data);
    }
    repaint() {
        this.plot?.redraw(false);
    }
}

/* Chains of any length as curves of about so many points: the least and the
 * largest of each stretch. */
export function decimated(chains, step = 1, most = 1200) {
    const n = Math.max(0, ...chains.map(c => c.length)), stretch = Math.max(1, Math.ceil(2 * n / most));
    const count = Math.ceil(n / stretch), x = [];
    if (stretch === 1) {
        for (let i = 0; i < n; i++) x.push(i * step + 1);
        return [x, ...chains.map(c => Array.from({ length: n }, (_, i) => (i < c.length && Number.isFinite(c[i]) ? c[i] : null)))];
    }
    for (let b = 0; b < count; b++) x.push(b * stretch * step + 1, (b + 0.5) * stretch * step + 1);
    const curves = chains.map(c => {
        const y = [];
        for (let b = 0; b < count; b++) {
            let low = Infinity, high = -Infinity;
            for (let i = b * stretch; i < Math.min(c.length, (b + 1) * stretch); i++) {
                if (c[i] < low) low = c[i];
                if (c[i] > high) high = c[i];
            }
            if (Number.isFinite(low) && Number.isFinite(high)) y.push(low, high);
            else y.push(null, null);
        }
        return y;
    });
    return [x, ...curves];
}
