/* Get-data: how a sentence names the command that fetches a data set. It is part of a path's help, which is
 * what ltcore prints where the path is not there. Used by the data sets that etc/data.tsv lists. */
#ifndef DATASETS_GET_DATA_H
#define DATASETS_GET_DATA_H

#define GET_DATA(name) "etc/get-data " name " fetches them (where ltcore is installed: share/ltcore/get-data)"

#endif
