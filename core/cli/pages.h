/* Pages: what `ltcore help COMMAND` says, and `man ltcore`. */
#ifndef LT_CLI_PAGES_H
#define LT_CLI_PAGES_H

#include <stdbool.h>
#include <stdio.h>

/* False: there is no such command. */
bool lt_page_print(const char *command, FILE *to);

/* All of them as the source of a manual page; general: the page of --help, which becomes its beginning. */
void lt_pages_print_man(const char *version, const char *general, FILE *to);

#endif
