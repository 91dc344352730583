/* The files of page/ as they stand in the program, which needs none of them at run time. Made by
 * page/embed.cmake. */
#ifndef LT_REPORT_PAGE_H
#define LT_REPORT_PAGE_H

#include <stddef.h>

extern const char lt_page_css[], lt_page_js[], lt_page_chart[];
extern const size_t lt_page_css_size, lt_page_js_size, lt_page_chart_size;
#endif
