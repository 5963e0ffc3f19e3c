const count = COUNT;
function sieve(limit) {
    const out = new Uint8Array(limit);
    let found = 0;
    for (let n = 2; n < limit; n++) if (!out[n]) { found++; for (let m = n * n; m < limit; m += n) out[m] = 1; }
    return found;
}
class Vector {
    constructor(x, y) { this.x = x; this.y = y; }
    plus(other) { return new Vector(this.x + other.x, this.y + other.y); }
    get length() { return Math.hypot(this.x, this.y); }
}
let sum = new Vector(0, 0);
for (let i = 0; i < count; i++) sum = sum.plus(new Vector(i % 7 - 3, i % 5 / 2));
print(sieve(count * 4), sum.length.toFixed(6));
const words = new Map();
for (let i = 0; i < count; i++) { const word = "w" + (i * 7919 % 1013).toString(36); words.set(word, (words.get(word) ?? 0) + 1); }
print([...words].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, 5).join(" "));
const text = JSON.stringify(Array.from({ length: count / 10 }, (_, i) => ({ i, half: i / 2, name: `n${i}`, tags: [i % 3, null] })));
print(text.length, JSON.parse(text).filter(one => one.tags[0] == 1).reduce((all, one) => all + one.half, 0));
print(text.replace(/"name":"n(\d+)"/g, (_, digits) => digits.length).length, text.match(/n\d*7"/g).length);
const fib = n => n < 2 ? n : fib(n - 1) + fib(n - 2);
print(fib(Math.floor(Math.log2(count) * 1.3)), (3n ** BigInt(count >> 5) % 1000000007n).toString());
function* pairs(n) { for (let a = 1; a < n; a++) for (let b = a; b < n; b++) yield a * b; }
let palindromes = 0;
for (const n of pairs(Math.floor(Math.sqrt(count)))) { const s = String(n); if (s == [...s].reverse().join("")) palindromes++; }
print(palindromes);
