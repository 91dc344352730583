# What find_package(ltcore) reads: the headers, libltsdk, and the function that makes a plug-in.
include("${CMAKE_CURRENT_LIST_DIR}/ltcore-targets.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/ltcore-plugin.cmake")
