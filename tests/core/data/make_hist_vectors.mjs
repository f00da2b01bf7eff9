// Makes hist_vectors.json with an implementation of HdrHistogram that is not ours.
//
//   cd "$(mktemp -d)" && npm install hdr-histogram-js@3.0.1
//   NODE_PATH=$PWD/node_modules node …/tests/core/data/make_hist_vectors.mjs > …/hist_vectors.json
//
// counts: [lowest value of the bucket, count]; recording those makes the same histogram.
// percentiles: [percentile, the highest value of its bucket]. plain: the encoding before zlib.
import { createRequire } from "node:module";
import { inflateSync } from "node:zlib";

const require = createRequire(`${process.env.NODE_PATH}/`);
const VERSION = "3.0.1";
const hdr = require("hdr-histogram-js");
if (require("hdr-histogram-js/package.json").version !== VERSION) throw new Error(`needs ${VERSION}`);

// mulberry32, so that each run makes the same values.
function generator(seed) {
    return () => {
        seed = (seed + 0x6d2b79f5) | 0;
        let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
}

function logNormal(count, median, sigma, seed) {
    const uniform = generator(seed);
    return Array.from({ length: count }, () => {
        const normal = Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
        return [Math.round(median * Math.exp(sigma * normal)), 1];
    });
}

function wide(highest) {
    const values = [[0, 1], [127, 2], [128, 1], [255, 3], [256, 1], [257, 1], [511, 1], [512, 5]];
    for (let value = 1; value < highest; value *= 1.37) values.push([Math.floor(value), 1]);
    return values;
}

const ours = [1, 60000000, 2];
const vectors = [
    ["empty", ours, []],
    ["single", ours, [[12345, 1]]],
    ["log-normal", ours, logNormal(3000, 20000, 0.5, 1)],
    ["wide", ours, wide(60000000)],
    ["top", ours, [[60000000, 3], [1, 1]]],
    ["large-counts", ours, [[7, 2 ** 40], [100, 2 ** 33 + 1], [300, 2 ** 28], [5000, 127], [9000, 64]]],
    ["three-figures", [1, 3600000000, 3], logNormal(2000, 5000, 1, 2)],
    ["one-figure", [1, 1000000, 1], logNormal(1000, 900, 1, 3)],
    ["five-figures", [1, 60000000, 5], logNormal(300, 250000, 0.3, 4)],
    ["unit-of-a-thousand", [1000, 10000000000, 2], logNormal(1000, 8000000, 0.8, 5)],
];

function make([name, [lowest, highest, figures], values]) {
    const histogram = hdr.build({
        lowestDiscernibleValue: lowest,
        highestTrackableValue: highest,
        numberOfSignificantValueDigits: figures,
        bitBucketSize: 64,
        useWebAssembly: false,
    });
    for (const [value, count] of values) histogram.recordValueWithCount(value, count);
    const base64 = hdr.encodeIntoCompressedBase64(histogram);
    const counts = [];
    for (let index = 0; index < histogram.countsArrayLength; index++) {
        const count = histogram.getCountAtIndex(index);
        if (count > 0) counts.push([histogram.valueFromIndex(index), count]);
    }
    return {
        name,
        lowest,
        highest,
        figures,
        total: values.reduce((sum, [, count]) => sum + count, 0),
        base64,
        plain: inflateSync(Buffer.from(base64, "base64").subarray(8)).toString("base64"),
        percentiles: [0.5, 10, 50, 75, 90, 99, 99.9, 100].map((p) => [p, histogram.getValueAtPercentile(p)]),
        counts,
    };
}

const made = vectors.map((vector) => `  ${JSON.stringify(make(vector))}`);
console.log(`{"made_by": "hdr-histogram-js ${VERSION}", "vectors": [\n${made.join(",\n")}\n]}`);
