# ltcore_add_plugin(NAME KIND SOURCES file... [NAMES name...] [LIBRARIES library...])
#
# Builds NAME.so, a plug-in of KIND arch, masks, datasets or backends, in lib/ltcore/plugins/KIND below the build
# directory, and installs it in the same place below the prefix. NAMES: the modules and aliases it offers apart from
# NAME; each gets a symbolic link, so that the file system is the index of names.
#
# Inside ltcore, after find_package(ltcore), or included as it lies in a source tree, where the headers are beside it.
if(NOT TARGET ltcore::headers)
    add_library(ltcore::headers INTERFACE IMPORTED)
    target_include_directories(ltcore::headers INTERFACE "${CMAKE_CURRENT_LIST_DIR}/../include")
endif()

function(ltcore_add_plugin name kind)
    cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "SOURCES;NAMES;LIBRARIES")
    set(where lib/ltcore/plugins/${kind})
    set(target plugin-${kind}-${name})

    add_library(${target} MODULE ${arg_SOURCES})
    target_link_libraries(${target} PRIVATE ltcore::headers ${arg_LIBRARIES}
        $<TARGET_NAME_IF_EXISTS:ltcore_flags>)
    set_target_properties(${target} PROPERTIES
        OUTPUT_NAME ${name} PREFIX "" SUFFIX .so C_VISIBILITY_PRESET hidden
        LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/${where}")
    target_compile_options(${target} PRIVATE -ffp-contract=off)
    string(TOUPPER "${CMAKE_BUILD_TYPE}" build)
    target_compile_definitions(${target} PRIVATE
        "LTC_BUILD=\"${CMAKE_C_COMPILER_ID} ${CMAKE_C_COMPILER_VERSION} ${CMAKE_C_FLAGS_${build}}\"")
    target_link_options(${target} PRIVATE -Wl,-z,now -Wl,--exclude-libs,ALL)
    if(NOT LTCORE_SANITIZE)                   # a sanitizer's runtime is in the program alone
        target_link_options(${target} PRIVATE -Wl,-z,defs)
    endif()
    install(TARGETS ${target} LIBRARY DESTINATION ${where})
    foreach(link IN LISTS arg_NAMES)
        add_custom_command(TARGET ${target} POST_BUILD
            COMMAND ${CMAKE_COMMAND} -E create_symlink ${name}.so "${PROJECT_BINARY_DIR}/${where}/${link}.so")
        install(FILES "${PROJECT_BINARY_DIR}/${where}/${link}.so" DESTINATION ${where})
    endforeach()
endfunction()
