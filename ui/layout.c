/* Where the parts of the desk stand at each size. */
#include "ui/view.h"

#include <string.h>

#define TINY_COLS 40
#define TINY_ROWS 10
#define SMALL_COLS 60
#define SMALL_ROWS 16
#define TREE_COLS 112 /* from here on the tree stands beside the desk */
#define TREE_ROWS 32
#define LOG_ROWS 18
#define HISTORY_LEAST 3

/* Rows for the heatmap that show a whole number of bands each, and what the histogram must keep. */
static int history_rows(int room)
{
    static const struct {
        int rows, others;
    } steps[] = {{15, 13}, {8, 8}, {5, 5}, {HISTORY_LEAST, 5}};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        if (room - 2 - steps[i].rows >= steps[i].others)
            return steps[i].rows;
    return 0;
}

/* Shares `height` rows among faders, histogram and heatmap, which have one frame between them. */
static void stack(struct layout *layout, int height, bool history)
{
    layout->fader_rows = FADER_COUNT;
    layout->fader_scale = true;
    layout->difference = true;
    int room = 0;
    for (;;) {
        int faders = 1 + layout->fader_rows + layout->fader_scale;
        int others = 1 + 2 + 3 + layout->difference + 1;
        room = height - faders - others;
        if (room >= 5)
            break;
        if (layout->fader_scale)
            layout->fader_scale = false;
        else if (room >= 3)
            break;
        else if (layout->difference)
            layout->difference = false;
        else if (layout->fader_rows > 2)
            layout->fader_rows--;
        else
            break;
    }
    int below = history_rows(room);
    layout->trip_rows = below > 0 ? room - 2 - below : room;
    layout->faders.height = 1 + layout->fader_rows + layout->fader_scale + 1;
    layout->trip.height = 1 + layout->trip_rows + 2 + 3 + layout->difference + 1;
    layout->history.height = below > 0 ? below + 3 : 0;
    if (below == 0 && history) { /* one of the two, by key */
        layout->history.height = layout->trip.height;
        layout->trip.height = 0;
    }
}

void layout_make(struct layout *layout, int cols, int rows, bool history)
{
    memset(layout, 0, sizeof *layout);
    layout->tiny = cols < TINY_COLS || rows < TINY_ROWS;
    layout->small = cols < SMALL_COLS || rows < SMALL_ROWS;
    layout->top = (struct rect){0, 0, cols, 1};
    layout->keys = (struct rect){0, rows - 1, cols, 1};
    layout->tree_folded = cols < TREE_COLS || rows < TREE_ROWS;
    if (layout->tiny || layout->small)
        return;
    bool log = rows >= LOG_ROWS;
    layout->log = (struct rect){0, rows - 2, cols, log ? 1 : 0};
    int height = rows - 2 - log;
    int tree = layout->tree_folded ? 0 : cols >= 160 ? 48 : 38;
    int x = tree > 0 ? tree - 1 : 0;
    stack(layout, height, history);
    /* Neighbours share a border: each starts on the last row of the one above. */
    layout->frame = (struct rect){0, 1, cols, height};
    layout->faders = (struct rect){x, 1, cols - x, layout->faders.height};
    int y = layout->faders.y + layout->faders.height - 1;
    layout->trip = (struct rect){x, y, cols - x, layout->trip.height};
    y = layout->trip.height > 0 ? y + layout->trip.height - 1 : y;
    /* The heatmap takes the whole width, unless the desk alone is wide enough for all of its columns. */
    bool beside = cols - x >= MODEL_COLUMNS + 14;
    layout->history = (struct rect){beside ? x : 0, y, beside ? cols - x : cols, layout->history.height};
    int tree_height = layout->history.height > 0 && !beside ? y : rows - 2 - log;
    if (tree > 0)
        layout->tree = (struct rect){0, 1, tree, tree_height};
}
