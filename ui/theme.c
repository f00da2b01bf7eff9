#include "ui/theme.h"

#include <stddef.h>
#include <string.h>

#define OWN (-1) /* the terminal's own colour */

struct color {
    int32_t rgb;
    int16_t of256;
    int8_t of16;
    int8_t of8;
};
struct theme {
    const char *name;
    bool mono;
    struct color colors[ROLE_COUNT];
};

/* clang-format off */
static const struct theme themes[] = {
    {"default", false, {
        [ROLE_TEXT]     = {0xd0d7de, 252, 7, 7},
        [ROLE_GROUND]   = {0x0f1318, 233, 0, 0},
        [ROLE_BRIGHT]   = {0xf0f6fc, 255, 15, 7},
        [ROLE_DIM]      = {0x9198a1, 246, 7, 7},
        [ROLE_FAINT]    = {0x59626d, 241, 8, 7},
        [ROLE_FRAME]    = {0x444c56, 239, 8, 4},
        [ROLE_TITLE]    = {0xc3d1e0, 252, 15, 7},
        [ROLE_ACCENT]   = {0x79c0ff, 117, 14, 6},
        [ROLE_LIVE]     = {0xff7b68, 209, 9, 1},
        [ROLE_STAGED]   = {0xf2c14e, 221, 11, 3},
        [ROLE_GOOD]     = {0x6bcf94, 114, 10, 2},
        [ROLE_WARN]     = {0xf0a04b, 215, 3, 3},
        [ROLE_DANGER]   = {0xff5f6d, 203, 1, 1},
        [ROLE_BASELINE] = {0x5a7594, 67, 4, 4},
        [ROLE_INK]      = {0x0d1117, 16, 0, 0},
        [ROLE_BAR]      = {0x1c222b, 235, 0, 0},
        [ROLE_SELECTED] = {0x22303c, 237, 8, 4},
        [ROLE_DIALOG]   = {0x181d24, 234, 0, 0},
        [ROLE_FIELD]    = {0x323b47, 238, 8, 4},
        [ROLE_HEAT0]     = {0x1d3b53, 23, 4, 4},
        [ROLE_HEAT0 + 1] = {0x1f5f7a, 24, 4, 4},
        [ROLE_HEAT0 + 2] = {0x2a8a8c, 30, 6, 6},
        [ROLE_HEAT0 + 3] = {0x4fa98a, 72, 6, 6},
        [ROLE_HEAT0 + 4] = {0x8fb96a, 107, 2, 2},
        [ROLE_HEAT0 + 5] = {0xd9b45b, 179, 11, 3},
        [ROLE_HEAT0 + 6] = {0xff9f4f, 215, 11, 3},
        [ROLE_HEAT0 + 7] = {0xff6f59, 209, 9, 1},
    }},
    {"light", false, {
        [ROLE_TEXT]     = {0x24292f, 235, 0, 0},
        [ROLE_GROUND]   = {0xffffff, 231, 15, 7},
        [ROLE_BRIGHT]   = {0x000000, 16, 0, 0},
        [ROLE_DIM]      = {0x57606a, 240, 8, 0},
        [ROLE_FAINT]    = {0x9aa3ad, 247, 8, 0},
        [ROLE_FRAME]    = {0xafb8c1, 249, 7, 4},
        [ROLE_TITLE]    = {0x24292f, 235, 0, 0},
        [ROLE_ACCENT]   = {0x0550ae, 25, 4, 4},
        [ROLE_LIVE]     = {0xcf3f2b, 166, 1, 1},
        [ROLE_STAGED]   = {0x9a6700, 136, 3, 3},
        [ROLE_GOOD]     = {0x1a7f37, 28, 2, 2},
        [ROLE_WARN]     = {0xbc4c00, 130, 3, 3},
        [ROLE_DANGER]   = {0xcf222e, 160, 1, 1},
        [ROLE_BASELINE] = {0x8ba7c7, 110, 6, 6},
        [ROLE_INK]      = {0xffffff, 231, 15, 7},
        [ROLE_BAR]      = {0xe8ecf0, 254, 7, 6},
        [ROLE_SELECTED] = {0xd3e3f5, 189, 14, 6},
        [ROLE_DIALOG]   = {0xf4f6f8, 255, 15, 7},
        [ROLE_FIELD]    = {0xd0d7de, 252, 7, 3},
        [ROLE_HEAT0]     = {0xdcebf7, 195, 7, 6},
        [ROLE_HEAT0 + 1] = {0xb5d8ec, 153, 14, 6},
        [ROLE_HEAT0 + 2] = {0x7fc4cf, 116, 14, 6},
        [ROLE_HEAT0 + 3] = {0x53ab9f, 73, 6, 6},
        [ROLE_HEAT0 + 4] = {0x7da04a, 107, 2, 2},
        [ROLE_HEAT0 + 5] = {0xcf9a2c, 178, 3, 3},
        [ROLE_HEAT0 + 6] = {0xdf6f1f, 172, 9, 3},
        [ROLE_HEAT0 + 7] = {0xb9281f, 124, 1, 1},
    }},
    /* After Okabe and Ito (2008); the heat ramp after cividis (Nuñez, Anderton, Renslow 2018). */
    {"safe", false, {
        [ROLE_TEXT]     = {0xd4d4d4, 252, 7, 7},
        [ROLE_GROUND]   = {0x101216, 233, 0, 0},
        [ROLE_BRIGHT]   = {0xffffff, 231, 15, 7},
        [ROLE_DIM]      = {0x9aa0a6, 247, 7, 7},
        [ROLE_FAINT]    = {0x5f666d, 241, 8, 7},
        [ROLE_FRAME]    = {0x4a5058, 239, 8, 4},
        [ROLE_TITLE]    = {0xd0d4d8, 252, 15, 7},
        [ROLE_ACCENT]   = {0x56b4e9, 74, 14, 6},
        [ROLE_LIVE]     = {0xe8762c, 208, 9, 1},
        [ROLE_STAGED]   = {0xf0e442, 227, 11, 3},
        [ROLE_GOOD]     = {0x2ab58a, 36, 6, 6},
        [ROLE_WARN]     = {0xe69f00, 178, 3, 3},
        [ROLE_DANGER]   = {0xe39bc2, 175, 13, 5},
        [ROLE_BASELINE] = {0x3f7fb5, 67, 4, 4},
        [ROLE_INK]      = {0x000000, 16, 0, 0},
        [ROLE_BAR]      = {0x20242a, 235, 0, 0},
        [ROLE_SELECTED] = {0x2c3440, 237, 8, 4},
        [ROLE_DIALOG]   = {0x181c22, 234, 0, 0},
        [ROLE_FIELD]    = {0x363d47, 238, 8, 4},
        [ROLE_HEAT0]     = {0x123570, 18, 4, 4},
        [ROLE_HEAT0 + 1] = {0x3b496c, 24, 4, 4},
        [ROLE_HEAT0 + 2] = {0x575d6d, 60, 4, 4},
        [ROLE_HEAT0 + 3] = {0x707173, 243, 8, 6},
        [ROLE_HEAT0 + 4] = {0x8a8779, 102, 7, 6},
        [ROLE_HEAT0 + 5] = {0xa69d75, 144, 7, 7},
        [ROLE_HEAT0 + 6] = {0xd3c164, 185, 11, 3},
        [ROLE_HEAT0 + 7] = {0xfee838, 227, 11, 3},
    }},
    {"mono", true, {[ROLE_TEXT] = {OWN, OWN, OWN, OWN}}},
};
/* clang-format on */
#define THEMES (sizeof themes / sizeof themes[0])

const struct theme *theme_find(const char *name)
{
    for (size_t i = 0; i < THEMES; i++)
        if (strcmp(themes[i].name, name) == 0)
            return &themes[i];
    return NULL;
}

const char *theme_name_at(unsigned index)
{
    return index < THEMES ? themes[index].name : NULL;
}

const char *theme_name(const struct theme *theme)
{
    return theme->name;
}

bool theme_is_mono(const struct theme *theme)
{
    return theme->mono;
}

int32_t theme_color(const struct theme *theme, enum role role, enum theme_depth depth)
{
    if ((unsigned)role >= ROLE_COUNT || theme->mono || depth == DEPTH_NONE)
        return OWN;
    const struct color *color = &theme->colors[role];
    switch (depth) {
    case DEPTH_TRUE:
        return color->rgb;
    case DEPTH_256:
        return color->of256;
    case DEPTH_16:
        return color->of16;
    default:
        return color->of8;
    }
}

static unsigned without_color(enum role foreground, enum role background)
{
    unsigned attributes = 0;
    switch (foreground) {
    case ROLE_BRIGHT:
    case ROLE_TITLE:
    case ROLE_ACCENT:
    case ROLE_LIVE:
    case ROLE_DANGER:
        attributes = THEME_BOLD;
        break;
    case ROLE_STAGED:
    case ROLE_WARN:
        attributes = THEME_UNDERLINE;
        break;
    case ROLE_DIM:
    case ROLE_FAINT:
    case ROLE_FRAME:
    case ROLE_BASELINE:
        attributes = THEME_DIM;
        break;
    default:
        break;
    }
    switch (background) {
    case ROLE_LIVE:
    case ROLE_DANGER:
        return THEME_REVERSE | THEME_BOLD;
    case ROLE_ACCENT:
    case ROLE_STAGED:
    case ROLE_GOOD:
    case ROLE_WARN:
    case ROLE_SELECTED:
    case ROLE_FIELD:
        return (attributes & ~THEME_DIM) | THEME_REVERSE;
    default:
        return attributes;
    }
}

unsigned theme_attributes(const struct theme *theme, enum role foreground, enum role background,
                          enum theme_depth depth)
{
    if (theme->mono || depth == DEPTH_NONE)
        return without_color(foreground, background);
    if (depth != DEPTH_8)
        return 0;
    switch (foreground) {
    case ROLE_BRIGHT:
    case ROLE_LIVE:
    case ROLE_TITLE:
        return THEME_BOLD;
    case ROLE_FAINT:
        return THEME_DIM;
    default:
        return 0;
    }
}
