# Stilt @STILT_VERSION@ for @STILT_TARGET@:
#
#   Stilt::stilt        the library and its headers
#   stilt_add_module    a WebAssembly module as a part of a program: see StiltAddModule.cmake
#   stilt_compile       images to be loaded: see StiltCompile.cmake

cmake_minimum_required(VERSION 3.20)

set(Stilt_TARGET "@STILT_TARGET@")
# How `stilt compile` makes a module for this library.
set(Stilt_MODULE_OPTIONS "@STILT_MODULE_LIST@")

get_filename_component(stilt_root "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
if(NOT TARGET Stilt::stilt)
  add_library(Stilt::stilt STATIC IMPORTED)
  set_target_properties(Stilt::stilt PROPERTIES
    IMPORTED_LOCATION "${stilt_root}/lib/libstilt.a"
    IMPORTED_LINK_INTERFACE_LANGUAGES C
    INTERFACE_INCLUDE_DIRECTORIES "${stilt_root}/include")
endif()
unset(stilt_root)

include("${CMAKE_CURRENT_LIST_DIR}/StiltCompile.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/StiltAddModule.cmake")
