# cmake -DBUILD=ltcore's -DSDK=sdk -DWORK=folder -DCC=compiler -DGENERATOR=name -DMAKE=program -DSANITIZE=what
# -P outside.cmake
#
# A project that is not ltcore's builds an example with ltcore_add_plugin: against an installation, moved from where it
# was made, and against the source tree. pkg-config serves those without CMake.
file(REMOVE_RECURSE "${WORK}")
set(prefix "${WORK}/moved")

function(run)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE said ERROR_VARIABLE said)
    if(NOT result EQUAL 0)
        message(FATAL_ERROR "${ARGN}:\n${said}")
    endif()
    set(said "${said}" PARENT_SCOPE)
endfunction()

function(expect)
    foreach(file IN LISTS ARGN)
        if(NOT EXISTS "${file}")
            message(FATAL_ERROR "${file} is not there")
        endif()
    endforeach()
endfunction()

# Builds `growth` and, where there is a libltsdk, a backend, in a project that gets ltcore by the line `how`.
function(build_outside name how)
    set(project "${WORK}/${name}")
    file(WRITE "${project}/CMakeLists.txt" "cmake_minimum_required(VERSION 3.20)
project(outside C)
${how}
ltcore_add_plugin(growth masks SOURCES growth.c NAMES growth-too)
if(TARGET ltcore::sdk)
    ltcore_add_plugin(mine backends SOURCES mine.c LIBRARIES ltcore::sdk)
endif()
")
    configure_file("${SDK}/examples/growth.c" "${project}/growth.c" COPYONLY)
    configure_file("${SDK}/../plugins/backends/ref/ref.c" "${project}/mine.c" COPYONLY)
    run(${CMAKE_COMMAND} -S "${project}" -B "${project}/build" -G "${GENERATOR}" "-DCMAKE_C_COMPILER=${CC}"
        "-DCMAKE_MAKE_PROGRAM=${MAKE}" "-DCMAKE_PREFIX_PATH=${prefix}" "-DLTCORE_SANITIZE=${SANITIZE}")
    run(${CMAKE_COMMAND} --build "${project}/build")
    run(${CMAKE_COMMAND} --install "${project}/build" --prefix "${project}/installed")
    expect("${project}/installed/lib/ltcore/plugins/masks/growth.so"
        "${project}/installed/lib/ltcore/plugins/masks/growth-too.so")
endfunction()

run(${CMAKE_COMMAND} --install "${BUILD}" --component sdk --prefix "${WORK}/made")
file(RENAME "${WORK}/made" "${prefix}")
expect("${prefix}/include/ltcore/mask.h" "${prefix}/include/ltsdk/net.h" "${prefix}/share/ltcore/examples/growth.c")
build_outside(installed "find_package(ltcore REQUIRED)")
expect("${WORK}/installed/build/lib/ltcore/plugins/backends/mine.so")
build_outside(tree "include(\"${SDK}/cmake/ltcore-plugin.cmake\")")

find_program(PKG_CONFIG pkg-config)
if(PKG_CONFIG)
    set(ENV{PKG_CONFIG_PATH} "${prefix}/lib/pkgconfig")
    run(${PKG_CONFIG} --cflags ltcore)
    separate_arguments(flags UNIX_COMMAND "${said}")
    run(${CC} ${flags} -shared -fPIC "${SDK}/examples/growth.c" -o "${WORK}/growth.so")
endif()
message(STATUS "an outside project builds against the installation and the source tree")
