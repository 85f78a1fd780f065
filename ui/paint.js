/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A canvas with a frame, for plots that are no curves: bars, points,
 * intervals. What it shows is told in words as well (`describe`), for those
 * who do not see it.
 */
import { colour, short, ticks } from './look.js';

const FONT = '11px system-ui, sans-serif';

export class Paint {
    constructor(parent, height) {
        this.canvas = document.createElement('canvas');
        this.canvas.className = 'own';
        this.canvas.setAttribute('role', 'img');
        this.height = height;
        parent.append(this.canvas);
    }
    describe(words) {
        this.canvas.setAttribute('aria-label', words);
    }
    begin(height = this.height) {
        const ratio = window.devicePixelRatio || 1, c = this.canvas;
        this.width = c.clientWidth || 400;
        this.height = height;
        c.style.height = `${height}px`;
        c.width = Math.round(this.width * ratio);
        c.height = Math.round(height * ratio);
        const g = c.getContext('2d');
        g.setTransform(ratio, 0, 0, ratio, 0, 0);
        g.clearRect(0, 0, this.width, height);
        g.font = FONT;
        g.lineWidth = 1;
        return (this.g = g);
    }
    /* Axes of a panel; gives the functions from numbers to places. */
    frame({ left, top, width, height, x, y, x_ticks = true, y_ticks = true }) {
        const g = this.g;
        const X = v => left + (v - x[0]) / (x[1] - x[0]) * width;
        const Y = v => top + height - (v - y[0]) / (y[1] - y[0]) * height;
        g.strokeStyle = colour('line');
        g.strokeRect(left + 0.5, top + 0.5, width, height);
        g.fillStyle = colour('dim');
        if (x_ticks) {
            g.textAlign = 'center';
            g.textBaseline = 'top';
            for (const t of ticks(x[0], x[1], width / 70)) g.fillText(short(t), X(t), top + height + 4);
        }
        if (y_ticks) {
            g.textAlign = 'right';
            g.textBaseline = 'middle';
            for (const t of ticks(y[0], y[1], height / 40)) g.fillText(short(t), left - 4, Y(t));
        }
        return { X, Y };
    }
    text(words, x, y, { align = 'left', baseline = 'middle', ink = 'text' } = {}) {
        this.g.fillStyle = colour(ink);
        this.g.textAlign = align;
        this.g.textBaseline = baseline;
        this.g.fillText(words, x, y);
    }
    line(x0, y0, x1, y1, ink, width = 1) {
        const g = this.g;
        g.strokeStyle = ink;
        g.lineWidth = width;
        g.beginPath();
        g.moveTo(x0, y0);
        g.lineTo(x1, y1);
        g.stroke();
        g.lineWidth = 1;
    }
    dots(xs, ys, ink, size = 1.6) {
        const g = this.g;
        g.fillStyle = ink;
        for (let i = 0; i < xs.length; i++) {
            g.beginPath();
            g.arc(xs[i], ys[i], size, 0, 7);
            g.fill();
        }
    }
}
