#include "conv_points.h"

size_t conv_points_count(conv_form form, int64_t outputs, int64_t inputs)
{
    const int side = conv_sides_of(form).points;
    return (size_t)(side * side * conv_point_stride(outputs, inputs));
}

size_t conv_winograd_scratch(int64_t inputs, bool own)
{
    return (size_t)(CONV_POINTS * (conv_panel_stride(inputs) + conv_panel_stride(CONV_CHUNK) +
                                   (own ? conv_point_stride(CONV_CHUNK, inputs) : 0)));
}

size_t conv_winograd_slope_scratch(int64_t outputs, int64_t inputs)
{
    const int64_t panel = CONV_PANEL * CPU_LANES, chunk = conv_slope_chunk(outputs, inputs);
    return (size_t)(CONV_POINTS * (conv_slope_bands(inputs) * panel + conv_slope_point(outputs, inputs) +
                                   chunk * panel + CONV_SIXTEEN + 2 * 5 * CPU_LANES));
}
