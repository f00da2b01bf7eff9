#!/usr/bin/env -S python3 -B
"""A flame graph (Brendan Gregg, 2011) as SVG from `perf script` on standard input: the width of a box is the share of
the samples with that function on the stack, from the program below to the leaf above.

    perf record -F 4000 -g -p PID -- sleep 5 && perf script | flame.py 'TITLE' >graph.svg
"""
import html
import re
import sys

WIDTH, ROW, PADDING, TOP = 1200, 18, 12, 44
NARROWEST = 0.6  # pixels
COLOURS = {"user": "#e0a34e", "llhttp": "#d9694f", "kernel": "#5b8fb9", "send": "#4f9c93", "wake": "#9a7fb8"}
FOOT = [("user", "shaketable-proxy"), ("llhttp", "HTTP parsing"), ("kernel", "kernel"),
        ("send", "TCP output and loopback delivery"), ("wake", "waking the receiver")]


class Node:
    def __init__(self):
        self.count, self.children = 0, {}

    def add(self, frames):
        node = self
        for frame in frames:
            node.count += 1
            node = node.children.setdefault(frame, Node())
        node.count += 1


def stacks(lines):
    frames = []
    for line in lines:
        if not line.strip():
            if frames:
                yield frames[::-1]
            frames = []
        elif line[0] in " \t":
            match = re.match(r"\s+[0-9a-f]+ (.+?)(\+0x[0-9a-f]+)? \((.*)\)$", line.rstrip())
            if match and match[1] != "[unknown]":
                kernel = "kernel" in match[3] or match[3].endswith(".ko")
                frames.append((match[1].split(".isra")[0].split(".part")[0].split(".constprop")[0], kernel))
    if frames:
        yield frames[::-1]


def kind_of(name, kernel):
    if not kernel:
        return "llhttp" if "llhttp" in name or name.startswith("tracker_") else "user"
    if re.search(r"wake|try_to_|ep_poll_callback|sock_def_readable|ttwu|_raw_spin_unlock_irqrestore", name):
        return "wake"
    if re.search(r"tcp_(sendmsg|write|push|rcv|v4_rcv|ack|v4_do)|__tcp_(push|transmit)|ip_|_ip_|softirq|net_rx|napi|"
                 r"process_backlog|netif|dev_|loopback", name):
        return "send"
    return "kernel"


def depth_of(node):
    return 1 + max((depth_of(child) for child in node.children.values()), default=0)


def draw(node, left, level, total, height, out):
    for (name, kernel), child in sorted(node.children.items(), key=lambda item: item[0][0]):
        width = child.count / total * (WIDTH - 2 * PADDING)
        if width >= NARROWEST:
            y = height - PADDING - 26 - (level + 1) * ROW
            label = name if len(name) * 6.6 < width - 6 else name[: int((width - 8) / 6.6)] + "…" if width > 34 else ""
            share = 100 * child.count / total
            out.append(f'<g><title>{html.escape(name)}: {share:.1f} %</title><rect x="{left:.1f}" y="{y}" '
                       f'width="{max(width - 0.5, 0.5):.1f}" height="{ROW - 1}" rx="2" fill="{COLOURS[kind_of(name, kernel)]}"/>'
                       f'<text x="{left + 4:.1f}" y="{y + 13}">{html.escape(label)}</text></g>')
            draw(child, left, level + 1, total, height, out)
        left += width


def main():
    root = Node()
    for frames in stacks(sys.stdin):
        root.add(frames)
    if root.count == 0:
        sys.exit("flame.py: no samples on standard input; see its first lines")
    height = depth_of(root) * ROW + TOP + 40
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="monospace" font-size="11">',
           f'<rect width="{WIDTH}" height="{height}" fill="#14171c"/>',
           f'<text x="{PADDING}" y="26" font-size="15" fill="#e8e6e0">{html.escape(" ".join(sys.argv[1:]))}</text>']
    draw(root, PADDING, 0, root.count, height, out)
    x = PADDING
    for kind, text in FOOT:
        out.append(f'<rect x="{x}" y="{height - 22}" width="11" height="11" fill="{COLOURS[kind]}"/>'
                   f'<text x="{x + 16}" y="{height - 12}" fill="#b9b6ad">{text}</text>')
        x += 40 + len(text) * 7
    out.append("</svg>")
    print("\n".join(out))


main()
